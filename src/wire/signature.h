// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace headway::wire {

/// A list of zero or more single complete types within the limits of WIRE-004 .. WIRE-009.
[[nodiscard]] bool is_signature(std::string_view text);

/// Exactly one single complete type (WIRE-005).
[[nodiscard]] bool is_single_complete_type(std::string_view text);

/// Length of the first complete type of a valid, non-empty signature: 1 for "su", 5 for "a{sv}u".
[[nodiscard]] std::size_t complete_type_length(std::string_view valid_signature);

/// Alignment in bytes of a value whose signature starts with `type`: 1, 2, 4 or 8 (WIRE-013).
[[nodiscard]] std::size_t alignment_of(char type);

/// Bytes of a fixed type (WIRE-003), 0 for every other type.
[[nodiscard]] std::size_t fixed_size_of(char type);

[[nodiscard]] bool is_basic_type(char type);

}  // namespace headway::wire
