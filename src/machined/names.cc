// SPDX-License-Identifier: MIT
#include "machined/names.h"

#include <fmt/format.h>

namespace headway::machined {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') return false;
  }
  return true;
}

}  // namespace

bool is_machine_name(std::string_view name) {
  if (name.size() > machine_name_bytes_max) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string path_element(std::string_view text) {
  if (text.empty()) return "_";
  std::string element;
  for (const char c : text) {
    if (is_letter(c) || (is_digit(c) && !element.empty())) {
      element += c;
    } else {
      element += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return element;
}

std::string machine_path(std::string_view name) {
  return "/org/freedesktop/machine1/machine/" + path_element(name);
}

}  // namespace headway::machined
