// SPDX-License-Identifier: MIT
#include "tool/json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace headway::tool {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char letter : text) {
    switch (letter) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        // DEL is allowed, but it does not show.
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(letter));
        } else {
          out += letter;
        }
    }
  }
  out += '"';
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 32> digits;
  const auto done = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), done.ptr};
}

JsonText& JsonText::key(std::string_view name) {
  string(name);
  text_ += ':';
  is_first_ = true;
  return *this;
}

JsonText& JsonText::string(std::string_view value) {
  separate();
  append_quoted(text_, value);
  return *this;
}

JsonText& JsonText::number(double value) {
  return std::isfinite(value) ? raw(number_text(value)) : string(number_text(value));
}

JsonText& JsonText::open(char bracket) {
  raw({&bracket, 1});
  is_first_ = true;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  text_ += bracket;
  is_first_ = false;
  return *this;
}

JsonText& JsonText::raw(std::string_view text) {
  separate();
  text_ += text;
  return *this;
}

void JsonText::separate() {
  if (!is_first_) text_ += ',';
  is_first_ = false;
}

}  // namespace headway::tool
