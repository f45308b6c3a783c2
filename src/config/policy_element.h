// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "broker/policy_rules.h"
#include "config/cursor.h"

namespace headway::config {

/// The attributes of a <policy>, checked but with nobody looked up. For contexts user and group,
/// `account` is the name or number written.
struct PolicyHead {
  broker::PolicySection::Context context = broker::PolicySection::Context::defaults;
  std::string account;
};

/// A rule, checked but with nobody looked up: at most one of `user` and `group` is the name or
/// number of a connect rule.
struct RuleElement {
  broker::PolicyRule rule;
  std::string user;
  std::string group;
};

/// Checks the attributes of a <policy> (POL-001). The error says what is wrong with them.
[[nodiscard]] std::expected<PolicyHead, std::string> parse_policy_head(const Element& element);

/// Checks an <allow> or <deny> (POL-009 .. POL-024). The rule's source stays unset.
/// Where dbus-daemon and this differ: an empty name is refused, as it would mean "any" or "never"
/// depending on whom one asks; everything else that it takes is taken.
[[nodiscard]] std::expected<RuleElement, std::string> parse_rule(const Element& element);

}  // namespace headway::config
