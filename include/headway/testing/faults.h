// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "headway/message.h"

/// What a test's bus can do to messages that a real one never does.
namespace headway::testing {

struct FaultRule;
class World;

/// A message on its way from a connection to the bus.
struct passing {
  message what;        // without a sender: the bus writes that
  std::string sender;  // a unique name
  message call;        // that it answers, if it is a reply; else none
};
using predicate = std::function<bool(const passing&)>;

[[nodiscard]] predicate calls(std::string_view member);
[[nodiscard]] predicate signals(std::string_view member);
/// Replies, also errors, to calls of that method.
[[nodiscard]] predicate replies_to(std::string_view member);

/// A fault that was ordered. It stays without this, too.
class fault {
 public:
  explicit fault(std::shared_ptr<FaultRule> rule) noexcept : rule_(std::move(rule)) {}
  /// How many messages it was done to.
  [[nodiscard]] std::uint64_t hits() const noexcept;
  /// No more from now on.
  void lift() const noexcept;

 private:
  std::shared_ptr<FaultRule> rule_;
};

/// What is to be done, to which of the messages that a predicate describes. Where several faults
/// are about one message, all are done.
///
///     b.when(calls("SetTarget")).nth(3).kill_receiver();
///     b.when(replies_to("SetTarget")).delay(40s);
class injection {
 public:
  using duration = std::chrono::nanoseconds;

  injection(World& world, predicate applies);

  /// Only to the n-th that it describes, from 1.
  injection nth(std::uint64_t number) &&;
  /// Only to the first so many.
  injection times(std::uint64_t count) &&;

  /// It never arrives.
  fault drop() &&;
  /// It arrives that much later, and so does what its sender sends after it.
  fault delay(duration time) &&;
  /// It alone arrives that much later: what its sender sends after it overtakes it, as on no bus.
  fault overtake(duration time) &&;
  /// It arrives twice.
  fault duplicate() &&;
  /// A reply becomes this error. A call is answered by this error in its receiver's name, who never
  /// sees it.
  fault fail(std::string_view name, std::string_view text) &&;
  /// Its sender dies instead of sending it.
  fault kill_sender() &&;
  /// Who was to get it dies before reading it.
  fault kill_receiver() &&;

 private:
  fault order() &&;

  World* world_;
  std::shared_ptr<FaultRule> rule_;
};

/// How likely it is that something happens to a message, from 0 to 1. Calls to the bus itself and
/// its answers are only delayed.
struct chaos_options {
  double drop = 0;
  double duplicate = 0;
  double kill_sender = 0;
  double kill_receiver = 0;
  double delay = 0.25;
  std::chrono::nanoseconds delay_max = std::chrono::seconds(1);
  /// Connections are not served in the order in which they came, but in a new one each time.
  bool shuffle = true;
};

}  // namespace headway::testing
