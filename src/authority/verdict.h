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

/// Who asks may do it after saying who they are ...
[[nodiscard]] constexpr bool is_challenge(Verdict verdict) { return verdict > Verdict::yes; }
/// ... and then stays authorized for a while.
[[nodiscard]] constexpr bool is_kept(Verdict verdict) {
  return verdict == Verdict::auth_self_keep || verdict == Verdict::auth_admin_keep;
}
/// ... as an administrator, not as the subject's own user.
[[nodiscard]] constexpr bool asks_admin(Verdict verdict) {
  return verdict == Verdict::auth_admin || verdict == Verdict::auth_admin_keep;
}

/// As polkit.Result and .policy files spell it; "not_handled" where those have no word.
[[nodiscard]] std::string_view name_of(Verdict verdict);

/// The verdict of that name, letter by letter; never `not_handled`, which nobody can spell.
[[nodiscard]] std::optional<Verdict> verdict_named(std::string_view name);

}  // namespace headway::authority
