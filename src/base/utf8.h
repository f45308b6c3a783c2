// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace headway {

/// Strict UTF-8 (WIRE-019): no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a
/// character like any other here. Cost: eight bytes a step while the text is ASCII.
[[nodiscard]] bool is_utf8(Bytes text);

/// Length of the well-formed sequence of several bytes that `text`, which is not empty, starts
/// with; 0: there is none (it starts with ASCII or is no UTF-8).
[[nodiscard]] std::size_t utf8_sequence_bytes(Bytes text);

/// `text` with every NUL and every byte that is no UTF-8 replaced by U+FFFD: a string for D-Bus.
[[nodiscard]] std::string as_utf8(std::string_view text);

}  // namespace headway
