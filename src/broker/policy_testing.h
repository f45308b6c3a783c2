// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "broker/policy.h"
#include "broker/policy_rules.h"

/// Policy in few words, for tests and benchmarks.
namespace headway::broker::testing {

/// "deny send_destination=org.a send_type=signal": the configuration's words without its marks.
/// A word that is no attribute ends the process.
[[nodiscard]] PolicyRule rule(std::string_view words);

struct Section {
  PolicySection::Context context = PolicySection::Context::defaults;
  std::uint32_t id = 0;
  std::vector<std::string> rules;
};

/// Lines are counted from 1 through all sections, in a file named "test.conf".
[[nodiscard]] PolicyRules rules(const std::vector<Section>& sections);

/// One defaults section.
[[nodiscard]] PolicyRules defaults(std::initializer_list<std::string> words);

/// What `name` and the like mean to `policy`.
[[nodiscard]] std::vector<PolicyKey> keys(const Policy& policy,
                                          std::initializer_list<std::string_view> names);

/// A user whom no section names, in no group.
inline const Identity somebody{.uid = 1000, .groups = {1000}, .at_console = false};

}  // namespace headway::broker::testing
