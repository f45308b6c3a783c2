// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace headway::lsm {

/// Where the files of the machine's SELinux policy lie, without a slash at the end; none: SELinux
/// is not active here, or this was built without it (LSM-001).
[[nodiscard]] std::optional<std::string> selinux_policy_root();

}  // namespace headway::lsm
