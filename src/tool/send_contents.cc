// SPDX-License-Identifier: MIT
#include "tool/send_contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/utf8.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

using Done = std::expected<void, std::string>;
using Failure = std::unexpected<std::string>;

constexpr std::array<std::pair<std::string_view, char>, 12> types{{
    {"string", 's'},
    {"int16", 'n'},
    {"uint16", 'q'},
    {"int32", 'i'},
    {"uint32", 'u'},
    {"int64", 'x'},
    {"uint64", 't'},
    {"double", 'd'},
    {"byte", 'y'},
    {"boolean", 'b'},
    {"objpath", 'o'},
    {"", 's'},
}};

std::expected<char, std::string> type_of(std::string_view name) {
  const auto* const found =
      std::ranges::find(types, name, &std::pair<std::string_view, char>::first);
  if (found == types.end()) return Failure(fmt::format("Unknown type \"{}\"", name));
  return found->second;
}

/// Takes what stands before the next colon.
std::expected<std::string_view, std::string> take_word(std::string_view& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Failure(fmt::format("Data item \"{}\" is badly formed", text));
  }
  const std::string_view word = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return word;
}

std::expected<char, std::string> take_type(std::string_view& text) {
  const std::string_view word = TRY(take_word(text));
  return type_of(word);
}

/// The parts between commas, of which empty ones do not count.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.push_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

Done append_boolean(message_builder& to, std::string_view text) {
  if (text != "true" && text != "false") {
    return Failure(fmt::format("Expected \"true\" or \"false\" instead of \"{}\"", text));
  }
  to.boolean(text == "true");
  return {};
}

Done append_text(message_builder& to, char type, std::string_view text) {
  if (type == 'o') {
    if (!wire::is_object_path(text)) {
      return Failure(fmt::format("Object path was not valid: '{}'", text));
    }
    to.object_path(text);
    return {};
  }
  if (!is_utf8(as_bytes(text))) return Failure(fmt::format("\"{}\" is not UTF-8", text));
  to.string(text);
  return {};
}

void append_number(message_builder& to, char type, const char* text) {
  switch (type) {
    case 'y':
      to.byte(static_cast<std::uint8_t>(std::strtoul(text, nullptr, 0)));
      return;
    case 'n':
      to.int16(static_cast<std::int16_t>(std::strtol(text, nullptr, 0)));
      return;
    case 'q':
      to.uint16(static_cast<std::uint16_t>(std::strtoul(text, nullptr, 0)));
      return;
    case 'i':
      to.int32(static_cast<std::int32_t>(std::strtol(text, nullptr, 0)));
      return;
    case 'u':
      to.uint32(static_cast<std::uint32_t>(std::strtoul(text, nullptr, 0)));
      return;
    case 'x':
      to.int64(std::strtoll(text, nullptr, 0));
      return;
    case 't':
      to.uint64(std::strtoull(text, nullptr, 0));
      return;
    default:
      to.float64(std::strtod(text, nullptr));
  }
}

Done append_basic(message_builder& to, char type, std::string_view text) {
  switch (type) {
    case 's':
    case 'o':
      return append_text(to, type, text);
    case 'b':
      return append_boolean(to, text);
    default:
      append_number(to, type, std::string(text).c_str());
      return {};
  }
}

Done append_array(message_builder& to, std::string_view text) {
  const char type = TRY(take_type(text));
  to.open_array(std::string_view(&type, 1));
  for (const std::string_view part : split(text)) TRY_VOID(append_basic(to, type, part));
  to.close();
  return {};
}

Done append_dict(message_builder& to, std::string_view text) {
  const char key = TRY(take_type(text));
  const char value = TRY(take_type(text));
  const std::vector<std::string_view> parts = split(text);
  if (parts.size() % 2 != 0) return Failure("Malformed dictionary");
  to.open_array(std::string{'{', key, value, '}'});
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    to.open_dict_entry();
    TRY_VOID(append_basic(to, key, parts[i]));
    TRY_VOID(append_basic(to, value, parts[i + 1]));
    to.close();
  }
  to.close();
  return {};
}

Done append_variant(message_builder& to, std::string_view text) {
  const char type = TRY(take_type(text));
  to.open_variant(std::string_view(&type, 1));
  TRY_VOID(append_basic(to, type, text));
  to.close();
  return {};
}

Done append_item(message_builder& to, std::string_view text) {
  const std::string_view word = TRY(take_word(text));
  if (word == "array") return append_array(to, text);
  if (word == "dict") return append_dict(to, text);
  if (word == "variant") return append_variant(to, text);
  return append_basic(to, TRY(type_of(word)), text);
}

}  // namespace

std::expected<void, std::string> append_contents(message_builder& to, Arguments contents) {
  for (const std::string_view item : contents) TRY_VOID(append_item(to, item));
  return {};
}

}  // namespace headway::tool
