// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "hub.h"
#include "rows.h"

namespace bench {

/// A row that is more than work and a meter: it plays once and says what it saw.
struct Scene {
  std::string_view id;
  bool on_floor;    // means something without D-Bus
  bool before_hub;  // the hub waits to be started by it
  Figures (*play)(const Target& target, Hub& hub);
};

std::span<const Scene> scenes();

}  // namespace bench
