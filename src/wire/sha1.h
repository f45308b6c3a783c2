// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace headway::wire {

/// SHA-1 of a text, for DBUS_COOKIE_SHA1 alone (AUTH-035): broken as a hash, fixed by the protocol.
/// Cost: linear; no table, no state kept.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(Bytes text);

}  // namespace headway::wire
