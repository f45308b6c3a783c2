// SPDX-License-Identifier: MIT
#include "config/service_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/utf8.h"
#include "wire/names.h"

namespace headway::config {
namespace {

template <typename T>
using Parsed = std::expected<T, std::string>;  // or what is wrong with the line

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_group_character(char c) { return c >= 0x20 && c < 0x7f && c != '[' && c != ']'; }

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\f\v") == line.npos; }

/// ACT-003.
Parsed<std::string> unescape(std::string_view value) {
  std::string result;
  result.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\0') return wrong("a value contains a zero byte");
    if (value[i] != '\\') {
      result += value[i];
      continue;
    }
    if (++i == value.size()) return wrong("a value ends in a backslash");
    constexpr std::string_view letters = "sntr\\";
    constexpr std::string_view meanings = " \n\t\r\\";
    const auto which = letters.find(value[i]);
    if (which == letters.npos) {
      return wrong("a value contains an escape other than \\s, \\n, \\t, \\r and \\\\");
    }
    result += meanings[which];
  }
  return result;
}

/// Walks through the lines and keeps what the first group of our name says first.
class ServiceFileReader {
 public:
  struct Value {
    std::string text;
    std::uint32_t line = 0;
  };

  Parsed<void> line(std::string_view line, std::uint32_t number) {
    if (line.starts_with('#') || is_blank(line)) return {};
    if (line.starts_with('[')) return group(line);
    return key_value(line, number);
  }

  std::optional<Value> name;
  std::optional<Value> exec;
  std::optional<Value> user;
  std::optional<Value> unit;
  std::optional<Value> label;
  bool has_group = false;

 private:
  enum class Place : std::uint8_t { before_groups, in_group, elsewhere };

  Parsed<void> group(std::string_view line) {
    const std::string_view title = line.substr(1, line.size() - 1 - line.ends_with(']'));
    if (!line.ends_with(']') || title.empty() || !std::ranges::all_of(title, is_group_character)) {
      return wrong("not a valid group: printable ASCII between brackets, and nothing after them");
    }
    const bool ours = title == "D-BUS Service" && !has_group;
    place_ = ours ? Place::in_group : Place::elsewhere;
    has_group = has_group || ours;
    return {};
  }

  Parsed<void> key_value(std::string_view line, std::uint32_t number) {
    if (place_ == Place::before_groups) return wrong("a key before the first group");
    const auto key_end = std::ranges::find_if_not(line, is_key_character) - line.begin();
    const std::string_view key = line.substr(0, static_cast<std::size_t>(key_end));
    std::string_view rest = line.substr(key.size());
    if (key.empty()) return wrong("not a key: one consists of letters, digits and \"-\"");
    if (rest.starts_with('[')) return {};  // a translation
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (!rest.starts_with('=')) return wrong(fmt::format("no \"=\" after the key \"{}\"", key));
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    keep(key, Value{TRY(unescape(rest)), number});
    return {};
  }

  void keep(std::string_view key, Value value) {
    if (place_ != Place::in_group) return;
    const std::pair<std::string_view, std::optional<Value>*> known[] = {
        {"Name", &name},
        {"Exec", &exec},
        {"User", &user},
        {"SystemdService", &unit},
        {"AssumedAppArmorLabel", &label}};
    for (const auto& [known_key, slot] : known) {
      if (key != known_key) continue;
      if (!*slot) *slot = std::move(value);
      return;
    }
  }

  Place place_ = Place::before_groups;
};

std::optional<std::string> text_of(std::optional<ServiceFileReader::Value> value) {
  if (!value) return std::nullopt;
  return std::move(value->text);
}

}  // namespace

std::expected<ServiceFile, ConfigError> parse_service_file(std::string_view text,
                                                           const std::string& path) {
  const auto error = [&](std::uint32_t line, std::string what) {
    return std::unexpected(ConfigError{path, line, std::move(what)});
  };
  if (text.size() > service_file_bytes_max) {
    return error(0, fmt::format("more than {} bytes", service_file_bytes_max));
  }
  if (!is_utf8(as_bytes(text))) return error(0, "not UTF-8");

  ServiceFileReader reader;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto read = reader.line(line, number); !read) return error(number, read.error());
  }

  if (!reader.has_group) return error(0, "there is no group [D-BUS Service]");
  if (!reader.name) return error(0, "there is no Name");
  if (!wire::is_well_known_name(reader.name->text)) {
    return error(reader.name->line,
                 fmt::format("\"{}\" is not a valid name for a service", reader.name->text));
  }
  if (!reader.exec && !reader.unit) return error(0, "there is neither Exec nor SystemdService");
  return ServiceFile{.path = path,
                     .name = std::move(reader.name->text),
                     .exec = text_of(std::move(reader.exec)).value_or(""),
                     .user = text_of(std::move(reader.user)),
                     .unit = text_of(std::move(reader.unit)),
                     .label = text_of(std::move(reader.label))};
}

std::string conventional_file_name(std::string_view name) {
  return fmt::format("{}.service", name);
}

}  // namespace headway::config
