// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "load.h"

namespace bench {

/// One call, from before it was written until its reply had been read.
struct RoundTrip {
  std::uint64_t began_ns;
  std::uint64_t ended_ns;

  [[nodiscard]] std::uint64_t took_ns() const { return ended_ns - began_ns; }
};

/// Makes one call on a load of one pair with one call in flight.
RoundTrip round_trip(PairLoad& pair);

/// Calls, one after the other, for that long; and on, if a hub is slow, until there are enough of
/// them to have a 99th percentile.
std::vector<RoundTrip> round_trips(PairLoad& pair, std::uint64_t wall_ns);

/// The time that this share of the calls did not exceed, in microseconds.
double percentile_us(const std::vector<RoundTrip>& trips, double share);

}  // namespace bench
