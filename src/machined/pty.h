// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "headway/fd.h"

namespace headway::machined {

/// Both ends of a terminal.
struct Pty {
  unique_fd master;
  unique_fd slave;
  std::string name;  // of the slave: /dev/pts/N
};

/// Of the devpts that is mounted where this process is. The slave comes from the master, never from
/// a path that somebody could have put something else at. Throws headway::error.
[[nodiscard]] Pty open_pty();

/// Gives the slave to a user, whom members of the group `tty` may write to.
void give_pty(const Pty& pty, std::uint32_t uid, std::uint32_t tty_group);

}  // namespace headway::machined
