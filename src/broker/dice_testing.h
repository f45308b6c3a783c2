// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iterator>
#include <random>

namespace headway::broker::testing {

/// Choices that a seed determines, the same with every library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(engine_() % limit); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  template <class Range>
  auto of(const Range& range) {
    return range[below(static_cast<std::uint32_t>(std::size(range)))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace headway::broker::testing
