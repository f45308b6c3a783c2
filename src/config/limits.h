// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "broker/limits.h"

namespace headway::config {

/// One <limit>, checked.
struct LimitSetting {
  std::size_t limit = 0;  // an index into a table of this module
  std::uint64_t value = 0;
};

/// Checks the name and number of a <limit> (CONF-027, LIM-001 .. LIM-018); the error says what is
/// wrong. Blanks around the number are accepted, anything else beside it is not.
[[nodiscard]] std::expected<LimitSetting, std::string> parse_limit(std::string_view name,
                                                                   std::string_view number);

void apply(const LimitSetting& setting, broker::Limits& limits);

/// Digits and blanks around them; none when there is anything else or the number exceeds `max`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max);

}  // namespace headway::config
