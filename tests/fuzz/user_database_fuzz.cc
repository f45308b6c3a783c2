// SPDX-License-Identifier: MIT
// The first line is whom to look for; the rest is read as a passwd and as a group file.
#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "base/assert.h"
#include "fuzz_target.h"
#include "machined/os_release.h"
#include "machined/user_database.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway::machined;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view user = text.substr(0, text.find('\n'));
  const std::string_view rest = text.substr(std::min(user.size() + 1, text.size()));
  constexpr auto none = std::numeric_limits<std::uint32_t>::max();
  static_cast<void>(parse_os_release(text));
  const auto account = find_in_passwd(rest, user);
  if (!account) return 0;
  HEADWAY_ASSERT(!account->name.empty() && account->uid != none && account->gid != none);
  HEADWAY_ASSERT(account->home.empty() || account->home.starts_with('/'));
  HEADWAY_ASSERT(account->shell.empty() || account->shell.starts_with('/'));
  const Groups groups = groups_in(rest, *account);
  HEADWAY_ASSERT(!groups.ids.empty() && groups.ids.front() == account->gid);
  HEADWAY_ASSERT(groups.ids.size() <= groups_max);
  HEADWAY_ASSERT(std::set(groups.ids.begin(), groups.ids.end()).size() == groups.ids.size());
  return 0;
}
