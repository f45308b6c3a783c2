// SPDX-License-Identifier: MIT
#pragma once

#include "base/bytes.h"

namespace headway {

/// Strict UTF-8 (WIRE-019): no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a
/// character like any other here. Cost: eight bytes a step while the text is ASCII.
[[nodiscard]] bool is_utf8(Bytes text);

}  // namespace headway
