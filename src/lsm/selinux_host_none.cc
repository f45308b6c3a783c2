// SPDX-License-Identifier: MIT
#include "lsm/selinux_host.h"

namespace headway::lsm {

std::optional<std::string> selinux_policy_root() { return std::nullopt; }

}  // namespace headway::lsm
