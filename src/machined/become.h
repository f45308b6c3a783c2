// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "headway/fd.h"

namespace headway::machined {

/// Everything that a new process is, other than what it inherits: its groups beside `gid`.
struct Becoming {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;  // where it starts; / if it cannot
};

/// Starts it as the leader of a session on the terminal `slave`, with no other descriptor, no
/// capability but what its user has by being root, and signals as they are at first. Returns its
/// pid when it executes; throws headway::error, which says what failed, if it does not.
[[nodiscard]] pid_t start_session(const Becoming& what, const unique_fd& slave);

}  // namespace headway::machined
