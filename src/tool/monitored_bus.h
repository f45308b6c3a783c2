// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tool/monitor_loop.h"
#include "tool/names.h"
#include "tool/peer_book.h"
#include "tool/verb_bus.h"

namespace headway::tool {

/// A bus of which everything is seen. It is watched over one connection, and over another it is
/// asked who its peers are: who monitors can send nothing. What this program asks is kept out of
/// what it sees.
class MonitoredBus {
 public:
  [[nodiscard]] static Outcome<MonitoredBus> open(const Invocation& how);

  /// From now on everything is seen that one of the rules describes; without rules, everything.
  /// Writes down who is there; who comes later, take() does.
  [[nodiscard]] Outcome<void> start(std::span<const std::string> rules, PeerBook& peers);
  /// Whether the message is to be shown; who sent it is known then, if the bus still knows.
  [[nodiscard]] bool take(const message& what, PeerBook& peers);
  /// Messages that were lost since that was asked last, because they were not taken fast enough.
  [[nodiscard]] std::uint64_t take_lost();

  /// For run_monitor().
  [[nodiscard]] const connection& watching() const { return watching_.peer; }
  [[nodiscard]] const Bus& asking() const { return asking_; }
  /// Why it is that the bus has ended the connection.
  [[nodiscard]] Failure loss() const;

 private:
  MonitoredBus(Bus asking, Bus watching)
      : asking_(std::move(asking)),
        watching_(std::move(watching)),
        own_names_{watching_.peer.unique_name(), asking_.peer.unique_name()} {}
  [[nodiscard]] Failure refusal(const error& e) const;
  [[nodiscard]] bool is_about_us(const message& what) const;

  Bus asking_;
  Bus watching_;
  std::array<std::string, 2> own_names_;
  std::uint64_t dropped_ = 0;
};

}  // namespace headway::tool
