// SPDX-License-Identifier: MIT
#include "daemon/late_users.h"

#include <algorithm>

namespace headway::daemon {

bool LateUsers::bind(std::uint32_t uid, std::string_view name,
                     const std::vector<config::LateUser>& users) {
  const bool wanted =
      std::ranges::any_of(users, [&](const config::LateUser& user) { return user.name == name; });
  const bool known = std::ranges::any_of(
      bound_, [&](const config::BoundUser& user) { return user.uid == uid && user.name == name; });
  if (wanted && known) return false;
  const auto gone = std::erase_if(
      bound_, [&](const config::BoundUser& user) { return user.uid == uid || user.name == name; });
  if (wanted) bound_.push_back({std::string(name), uid});
  return wanted || gone > 0;
}

}  // namespace headway::daemon
