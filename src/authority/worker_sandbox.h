// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace headway::authority {

/// Locks this process up: it speaks on the socket it has, uses some memory, reads clocks, and that
/// is all. One sentence for each part that does not hold.
[[nodiscard]] std::vector<std::string> confine_worker();

}  // namespace headway::authority
