// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "authority/checker.h"

namespace headway::authority {

/// Where somebody sits, which is what an action's defaults depend on.
enum class Presence : std::uint8_t {
  active,    // at the machine, in the session that is in front
  inactive,  // at the machine, in another one
  none,      // elsewhere, or in no session
};

/// A question to files of actions and rules: what the author of a rule tests it with. It takes no
/// bus and no authority, and nobody is asked for a password.
struct Simulation {
  std::vector<std::string> action_directories;
  std::vector<std::string> rule_directories;
  std::string user;                                // a name, or a number
  std::optional<std::vector<std::string>> groups;  // none: those that the name service knows
  Presence presence = Presence::active;
  std::string action;
  Details details;
  bool root_too = false;  // rules and defaults count for uid 0 as well
};

struct Simulated {
  /// What the authority would say; an error is a text.
  std::expected<Decision, std::string> decision;
  /// What could not be read, and what scripts write to the log.
  std::vector<std::string> remarks;
};

/// Rules run in this process: one that runs away does so until its caller ends it, but may have 64
/// MiB at most. Programs that a rule would spawn are not: to the rule that is a program that fails.
[[nodiscard]] Simulated simulate(const Simulation& what);

}  // namespace headway::authority
