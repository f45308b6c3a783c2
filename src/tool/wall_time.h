// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace headway::tool {

/// When something happened, for people and files.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace headway::tool
