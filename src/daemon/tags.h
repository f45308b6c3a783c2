// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "broker/ids.h"

/// What the broker process's loop reports: a peer by its id, or, as generation 0 is no peer's, the
/// link or a listener.
namespace headway::daemon {

inline constexpr std::uint64_t link_tag = 0;

constexpr std::uint64_t listener_tag(std::size_t index) { return index + 1; }
constexpr std::size_t listener_of(std::uint64_t tag) { return static_cast<std::size_t>(tag - 1); }

constexpr std::uint64_t peer_tag(broker::PeerId id) {
  return (std::uint64_t{id.generation} << 32) | id.slot;
}
/// No peer for other tags.
constexpr broker::PeerId peer_of(std::uint64_t tag) {
  const auto generation = static_cast<std::uint32_t>(tag >> 32);
  return generation == 0 ? broker::PeerId{}
                         : broker::PeerId{static_cast<std::uint32_t>(tag), generation};
}

}  // namespace headway::daemon
