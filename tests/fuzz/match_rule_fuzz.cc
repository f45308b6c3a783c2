// SPDX-License-Identifier: MIT
// A rule that parses prints as text that parses to an equal rule; one that does not says why.
#include <algorithm>
#include <functional>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "wire/match_rule.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  const auto rule = wire::parse_match_rule(as_text({data, size}));
  if (!rule) {
    HEADWAY_ASSERT(!rule.error().text.empty());
    HEADWAY_ASSERT(rule.error().too_long == (size > wire::match_rule_bytes_max));
    return 0;
  }
  // Ascending, and no index twice.
  const auto unordered = std::ranges::adjacent_find(rule->arguments, std::ranges::greater_equal{},
                                                    &wire::MatchRule::Argument::index);
  HEADWAY_ASSERT(unordered == rule->arguments.end());
  const std::string text = wire::to_string(*rule);
  if (text.size() > wire::match_rule_bytes_max) return 0;
  const auto again = wire::parse_match_rule(text);
  HEADWAY_ASSERT(again.has_value() && *again == *rule);
  HEADWAY_ASSERT(wire::to_string(*again) == text);
  return 0;
}
