// SPDX-License-Identifier: MIT
#include "machined/os_release.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"

namespace headway::machined {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// As the shell would read it; none if a quote is left open.
std::optional<std::string> unquoted(std::string_view text) {
  std::string value;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'') {
      if (++i == text.size()) return std::nullopt;
      value += text[i];
    } else {
      value += c;
    }
  }
  if (quote != 0) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

}  // namespace

std::map<std::string, std::string> parse_os_release(std::string_view text) {
  std::map<std::string, std::string> fields;
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::string_view line = trimmed(whole);
    const std::size_t sign = line.find('=');
    if (sign == std::string_view::npos || !is_name(line.substr(0, sign))) continue;
    const auto value = unquoted(line.substr(sign + 1));
    if (value && as_utf8(*value) == *value) fields[std::string(line.substr(0, sign))] = *value;
  }
  return fields;
}

}  // namespace headway::machined
