// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "lsm/file_rights.h"

namespace headway::daemon {

/// Locks this process up for good: no new privileges, no capabilities, no file system (Landlock),
/// and only the system calls that serving sockets takes (seccomp). Calls that nobody makes by
/// accident (execve, ptrace, mount) kill the process, others fail with EPERM. What a peer can do
/// with a bug of ours ends here.
///
/// `rights` is what stays possible where a security module must be asked: seccomp lets those files
/// be opened by the very pointers in it, and Landlock lets nothing else be opened even by who has
/// changed the memory behind them.
///
/// Where the kernel or a container refuses a part, the others still hold: one sentence for each
/// part that does not, for the log. Builds with sanitizers need more, and are less locked.
[[nodiscard]] std::vector<std::string> lock_up(const lsm::FileRights& rights = {});

}  // namespace headway::daemon
