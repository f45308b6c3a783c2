// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace headway::wire {

/// The value of a hex digit of either case, or -1.
[[nodiscard]] constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Two lower-case digits per byte (AUTH-007).
[[nodiscard]] std::string to_hex(Bytes bytes);
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// The bytes; nothing for an odd count or another character. Either case (AUTH-007).
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

/// True for one byte or more, as from_hex() takes them.
[[nodiscard]] bool is_hex(std::string_view digits);

}  // namespace headway::wire
