// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/file_rights.h"

namespace headway::daemon {

/// Locks this process up (sandbox/confine.h): it serves the sockets it has, and can be given more.
[[nodiscard]] std::vector<std::string> lock_up(const FileRights& rights = {});

}  // namespace headway::daemon
