// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/connection.h"
#include "tool/invocation.h"

/// How verbs meet a bus: which one, asking it, and what its errors mean for the exit status.
namespace headway::tool {

/// A bus that a command line may mean.
struct BusChoice {
  std::string name;     // "the session bus"
  std::string address;  // as D-Bus writes addresses
  bool is_here = true;  // on this machine, so that process ids mean something

  static BusChoice session();
  static BusChoice system();
};

/// The one that is named, or else the session bus, if there is one, and then the system bus: verbs
/// that look for a service try them in turn, all others take the first. Never empty.
[[nodiscard]] std::vector<BusChoice> choose_buses(const Invocation& how);

/// A connection, for as long as a verb runs.
struct Bus {
  connection peer;
  BusChoice which;
  std::optional<std::chrono::nanoseconds> timeout;  // none: as calls usually have

  [[nodiscard]] Outcome<message> call(const message& what) const;
  /// Signals that the rule describes come from now on.
  [[nodiscard]] Outcome<void> listen(std::string_view rule) const;
  /// Makes all calls at once; the replies in the same order. Serves the connection meanwhile: what
  /// else arrives is lost, so who listens to signals asks over another connection, or by call().
  [[nodiscard]] std::vector<result<message>> call_all(const std::vector<message>& calls) const;
  /// A method of the bus itself, without arguments but at most one string.
  [[nodiscard]] Outcome<message> ask_bus(std::string_view method,
                                         std::optional<std::string_view> argument = {}) const;
};
[[nodiscard]] Outcome<Bus> open(const BusChoice& which, const Invocation& how);
/// The first of choose_buses().
[[nodiscard]] Outcome<Bus> open(const Invocation& how);

/// Whose methods ask_bus() calls.
[[nodiscard]] message_builder bus_call(std::string_view method);

/// One line for stderr and an exit status.
[[nodiscard]] Failure failure_of(const error& e);

}  // namespace headway::tool
