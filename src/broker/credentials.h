// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headway::broker {

/// What the kernel says about the process at the other end of a socket, fixed when it connected
/// (CRED-001 .. CRED-007). Absent where the transport cannot know (tcp, ADDR-022).
struct Credentials {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> pid;
  std::optional<std::vector<std::uint32_t>> groups;  // ascending, with the primary one (CRED-002)
  std::string label;  // LSM label without its trailing NUL; empty: none (CRED-003)
};

/// What the authentication exchange established.
struct Authentication {
  std::optional<std::uint32_t> uid;  // none: ANONYMOUS
  bool fds_agreed = false;
};

}  // namespace headway::broker
