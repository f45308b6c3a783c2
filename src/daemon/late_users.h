// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/policy_rules.h"
#include "config/bus_config.h"

namespace headway::daemon {

/// Users whom the configuration names and nobody knew when it was loaded: those that systemd makes
/// up while a service runs (DynamicUser=). Their numbers are handed to other users later, so a
/// number is asked about whenever somebody connects with it, and what was bound before counts no
/// more. Cost for everybody else: a comparison.
class LateUsers {
 public:
  /// Whether the name of this uid may matter.
  [[nodiscard]] static bool may_be_late(std::uint32_t uid) {
    return uid >= dynamic_first && uid <= dynamic_last;
  }

  /// Takes note; true if what the policy says about anybody has changed.
  bool bind(std::uint32_t uid, std::string_view name, const std::vector<config::LateUser>& users);

  [[nodiscard]] const std::vector<config::BoundUser>& bound() const { return bound_; }

 private:
  // systemd's range, which is fixed when it is built and the same everywhere.
  static constexpr std::uint32_t dynamic_first = 61184;
  static constexpr std::uint32_t dynamic_last = 65519;

  std::vector<config::BoundUser> bound_;  // one per uid and per name; at most one per late name
};

}  // namespace headway::daemon
