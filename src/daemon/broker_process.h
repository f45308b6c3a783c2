// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.h"

namespace headway::daemon {

/// What the broker process does from fork to exit: reads from the supervisor what bus it is, locks
/// itself up, serves. It ends with the supervisor, however that one ends. `silent`: whoever started
/// the bus waits for the end of its output.
[[noreturn]] void run_broker_process(Fd link_socket, int supervisor_pid, bool silent);

}  // namespace headway::daemon
