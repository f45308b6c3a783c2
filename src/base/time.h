// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

namespace headway {

/// A point in time on a clock that never goes back and that the caller reads for us: the core is
/// told what time it is (see broker), so that a test or a simulation owns it.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};
using Time = Clock::time_point;
using Duration = Clock::duration;

/// The earlier of two deadlines, where "none" means never.
constexpr std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

}  // namespace headway
