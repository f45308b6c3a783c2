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
  bool small = false;  // a smoke test: fewer rules and connections
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

/// Growth of the hub per idle connection that holds one match rule, in KiB.
double memory_per_connection_kib(const Target& target, const Hub& hub);

}  // namespace bench
