// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

#include "headway/message.h"
#include "tool/call_book.h"
#include "tool/monitor_filter.h"
#include "tool/peer_book.h"
#include "tool/wall_time.h"

namespace headway::tool {

/// A message that is to be shown, and what it has to do with.
struct Sighting {
  message what;
  WallTime when;
  std::optional<SeenCall> call;  // that it answers

  /// How long the answer took.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> latency() const {
    if (!call) return std::nullopt;
    return when - call->when;
  }
};

/// What goes through a bus, message by message: finds what fits a filter, and which call a reply
/// answers. A reply fits if it does so itself or if its call does; the types aside, by which both
/// are judged on their own. Pure.
class Traffic {
 public:
  explicit Traffic(MonitorFilter filter) : filter_(std::move(filter)) {}

  /// The message, if it is to be shown.
  [[nodiscard]] std::optional<Sighting> judge(const message& what, WallTime when);
  /// Then: learns what it says of who is who. What was shown was before that.
  void follow(const message& what) { peers_.follow(what); }

  [[nodiscard]] PeerBook& peers() { return peers_; }
  [[nodiscard]] const PeerBook& peers() const { return peers_; }
  [[nodiscard]] const MonitorFilter& filter() const { return filter_; }

 private:
  MonitorFilter filter_;
  PeerBook peers_;
  CallBook calls_;
};

}  // namespace headway::tool
