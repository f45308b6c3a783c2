// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hub.h"

namespace bench {

struct Target {
  std::string socket_path;
  bool floor = false;
  bool small = false;   // a smoke test: fewer rules and connections
  std::uint64_t n = 0;  // how many, or how large, in a row that is a point of a curve
  int rest_ms = 0;      // how long the hub may take to give memory back; 0 if nobody asks
  int go_fd = -1;       // where a hub that waits to be started is told to
};

/// A row that is being run: does about `count` units of its work, between the meter's start and
/// stop, and says how many units it did.
using Work = std::function<double(std::uint64_t count, Meter& meter)>;

struct Row {
  std::string_view id;
  bool pinned;            // hub and load share a core
  bool on_floor;          // means something without D-Bus
  std::uint64_t opening;  // units to begin the warm-up with
  Work (*prepare)(const Target& target);
};

std::span<const Row> rows();

}  // namespace bench
