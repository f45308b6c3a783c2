// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/time.h"
#include "client/core.h"

/// The blocking face: each of these sleeps in the connection's socket and runs no code of the
/// user's.
namespace headway::client {

class PropertyCache;

/// Makes a call and waits for its reply. `limit` none: for as long as the connection lives.
/// The cache, if there is one, may answer instead.
[[nodiscard]] result<message> call_and_wait(Core& core, const message& what, std::uint8_t flags,
                                            std::optional<Duration> limit,
                                            PropertyCache* cache = nullptr);

/// Sends when there is room; what the socket takes goes at once.
[[nodiscard]] result<std::uint32_t> send_and_flush(Core& core, const message& what,
                                                   std::uint8_t flags);

/// False if not everything was sent by `limit`, or the connection is closed.
[[nodiscard]] bool flush_within(Core& core, std::optional<Duration> limit);

/// None if nothing came within `limit`. An error if the connection is closed and all was taken.
[[nodiscard]] result<message> next_message(Core& core, std::optional<Duration> limit);

}  // namespace headway::client
