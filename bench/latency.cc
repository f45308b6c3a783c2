// SPDX-License-Identifier: MIT
#include "latency.h"

#include <algorithm>
#include <cmath>

#include "clock.h"

namespace bench {
namespace {

constexpr std::size_t kTripsMin = 200;

}  // namespace

RoundTrip round_trip(PairLoad& pair) {
  const std::uint64_t began_ns = now_ns();
  pair.run(1);
  return {.began_ns = began_ns, .ended_ns = now_ns()};
}

std::vector<RoundTrip> round_trips(PairLoad& pair, std::uint64_t wall_ns) {
  std::vector<RoundTrip> trips;
  const std::uint64_t end_ns = now_ns() + wall_ns;
  while (trips.size() < kTripsMin || trips.back().ended_ns < end_ns) {
    trips.push_back(round_trip(pair));
  }
  return trips;
}

double percentile_us(const std::vector<RoundTrip>& trips, double share) {
  std::vector<std::uint64_t> sorted;
  sorted.reserve(trips.size());
  for (const RoundTrip& trip : trips) sorted.push_back(trip.took_ns());
  std::ranges::sort(sorted);
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]) / 1e3;
}

}  // namespace bench
