// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "headway/error.h"
#include "headway/testing/faults.h"

namespace headway::testing {

/// What is done to one message.
struct Verdict {
  bool drop = false;
  bool duplicate = false;
  bool kill_sender = false;
  bool kill_receiver = false;
  bool may_be_overtaken = false;
  Duration delay{0};
  std::optional<error> failure;
};

struct FaultRule {
  predicate applies;
  std::uint64_t first = 1;  // that it describes
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  Verdict verdict = {};
  std::uint64_t seen = 0;
  std::uint64_t hits = 0;
  bool is_lifted = false;
};

/// The faults that a test ordered, and those that a seed chooses. The same messages in the same
/// order get the same verdicts.
class Faults {
 public:
  void add(std::shared_ptr<FaultRule> rule) { rules_.push_back(std::move(rule)); }
  void start_chaos(std::uint64_t seed, const chaos_options& options);

  /// Runs the test's predicates.
  [[nodiscard]] Verdict judge(const passing& message);

  /// The numbers below `count`, in the order in which to serve them.
  [[nodiscard]] std::vector<std::size_t> turn_order(std::size_t count);

 private:
  [[nodiscard]] bool happens(double probability);
  void add_chaos(const passing& message, Verdict& verdict);

  std::vector<std::shared_ptr<FaultRule>> rules_;
  std::optional<chaos_options> chaos_;
  std::mt19937_64 dice_;
};

}  // namespace headway::testing
