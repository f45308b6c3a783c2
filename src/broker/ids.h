// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>

namespace headway::broker {

/// Names a connection for as long as the bus runs: a slot that is used again gets a new generation,
/// so an id that outlives its peer finds nobody. Ids, not pointers, are what the broker's state is
/// made of, so that it can be written down and moved.
struct PeerId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no peer
  explicit operator bool() const { return generation != 0; }
  auto operator<=>(const PeerId&) const = default;
};

}  // namespace headway::broker
