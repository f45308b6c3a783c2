// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headway/message.h"
#include "tool/call_book.h"
#include "tool/peer_book.h"
#include "tool/wall_time.h"

namespace headway::tool {

/// What one connection did in an interval, and what waits for it or because of it at the end.
struct PeerTraffic {
  std::string name;  // ":1.5"; that of a service if nobody owns it; empty: all that had no room
  KnownPeer who;     // as known at the end, or, of who has left, at its first message
  std::uint64_t messages = 0;  // that it sent
  std::uint64_t bytes = 0;     // of these, with headers
  std::uint64_t waiting = 0;   // calls that it made and that nobody has answered
  std::uint64_t owed = 0;      // calls that it has not answered
};

/// Counts who sends how much, and whose calls wait. Takes every message of a bus in order. Pure.
///
/// Holds `peers_max` connections an interval, the others as one, and as many calls as a CallBook.
class TrafficMeter {
 public:
  explicit TrafficMeter(std::size_t peers_max = 4096) : peers_max_(peers_max) {}

  /// Then `peers` follows it: who has left is not known any more afterwards.
  void take(const message& what, WallTime when, const PeerBook& peers);
  /// Whoever sent something or has to do with a call that waits. The next interval begins.
  [[nodiscard]] std::vector<PeerTraffic> end_interval(const PeerBook& peers);

 private:
  using Rows = std::map<std::string, PeerTraffic, std::less<>>;
  PeerTraffic& row_of(Rows& rows, std::string_view name, const PeerBook& peers) const;

  std::size_t peers_max_;
  Rows rows_;
  CallBook calls_;
};

}  // namespace headway::tool
