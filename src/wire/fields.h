// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "wire/types.h"

/// How header fields are written (WIRE-042). Internal to wire.
namespace headway::wire {

inline constexpr std::size_t body_bytes_at = 4;
inline constexpr std::size_t serial_at = 8;
inline constexpr std::size_t fields_bytes_at = 12;

inline constexpr std::uint8_t first_unknown_field = static_cast<std::uint8_t>(Field::unix_fds) + 1;

/// The type of each known field, by its code.
inline constexpr std::string_view field_types = "?osssussgu";
static_assert(field_types.size() == first_unknown_field);

/// The first four bytes of each known field as one number: code, signature's length, type, NUL.
inline constexpr std::array<std::uint32_t, first_unknown_field> field_heads = [] {
  std::array<std::uint32_t, first_unknown_field> heads{};
  for (std::uint8_t code = 1; code < heads.size(); ++code) {
    const auto type = static_cast<std::uint8_t>(field_types[code]);
    heads[code] = std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{code, 1, type, 0});
  }
  return heads;
}();

}  // namespace headway::wire
