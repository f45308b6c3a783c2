// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "machined/helper_interface.h"

namespace headway::machined {

/// What a shell finds in its environment: what the caller gives, over which go what PAM says and,
/// over both, the account's facts. Each name once, in order.
[[nodiscard]] std::vector<std::string> session_environment(
    const SessionRequest& request, const std::vector<std::string>& from_pam);

}  // namespace headway::machined
