// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <string_view>

#include "headway/fd.h"

namespace headway::machined {

/// To the leader of a machine, or ("all", "") to all that is in it (process.h: members_of). Throws
/// headway::error for a signal or a receiver that does not exist.
void send_signal(pid_t leader, const unique_fd& pidfd, std::string_view who, std::int32_t number);

}  // namespace headway::machined
