// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace headway::authority {

/// What a rule, or an action's default, says about who asks.
enum class Verdict : std::uint8_t {
  not_handled,  // no opinion: ask the next one
  no,
  yes,
  auth_self,
  auth_self_keep,
  auth_admin,
  auth_admin_keep,
};
inline constexpr std::uint8_t verdicts = 7;

/// As polkit.Result and .policy files spell it; "not_handled" where those have no word.
[[nodiscard]] std::string_view name_of(Verdict verdict);

/// The verdict of that name, letter by letter; never `not_handled`, which nobody can spell.
[[nodiscard]] std::optional<Verdict> verdict_named(std::string_view name);

}  // namespace headway::authority
