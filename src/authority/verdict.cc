// SPDX-License-Identifier: MIT
#include "authority/verdict.h"

#include <array>
#include <cstddef>

namespace headway::authority {
namespace {

constexpr std::array<std::string_view, verdicts> names = {
    "not_handled", "no", "yes", "auth_self", "auth_self_keep", "auth_admin", "auth_admin_keep"};

}  // namespace

std::string_view name_of(Verdict verdict) { return names.at(static_cast<std::size_t>(verdict)); }

std::optional<Verdict> verdict_named(std::string_view name) {
  for (std::uint8_t i = 1; i < verdicts; ++i) {
    if (names.at(i) == name) return static_cast<Verdict>(i);
  }
  return std::nullopt;
}

}  // namespace headway::authority
