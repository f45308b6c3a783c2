// SPDX-License-Identifier: MIT
// With libselinux; selinux_host_none.cc is compiled where there is none.
#include "lsm/selinux_host.h"

#include <selinux/selinux.h>

namespace headway::lsm {

std::optional<std::string> selinux_policy_root() {
  if (::is_selinux_enabled() != 1) return std::nullopt;
  const char* const root = ::selinux_policy_root();
  return root != nullptr ? root : "";
}

}  // namespace headway::lsm
