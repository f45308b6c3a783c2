// SPDX-License-Identifier: MIT
#include "wire/hex.h"

#include <algorithm>

namespace headway::wire {

std::string to_hex(Bytes bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

std::string to_hex(std::string_view bytes) { return to_hex(as_bytes(bytes)); }

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

bool is_hex(std::string_view digits) {
  return !digits.empty() && digits.size() % 2 == 0 &&
         std::ranges::all_of(digits, [](char c) { return hex_digit(c) >= 0; });
}

}  // namespace headway::wire
