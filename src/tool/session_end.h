// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>

#include "tool/process.h"

namespace headway::tool {

/// Leaves a process behind that ends the bus when the session ends, and goes when the bus does. The
/// session ends with the terminal on stdin, if there is one, or else with the process `program`. It
/// also ends if that watching process is told to (SIGHUP, SIGTERM, SIGINT). An error if there is
/// nothing that the session could end with.
///
/// The terminal is watched, not read: what is typed is for others.
[[nodiscard]] ProcessResult<void> end_bus_with_session(pid_t bus, std::optional<pid_t> program);

}  // namespace headway::tool
