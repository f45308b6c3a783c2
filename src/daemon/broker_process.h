// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.h"

namespace headway::daemon {

/// What the broker process does from fork to exit: reads from the supervisor what bus it is, locks
/// itself up, serves. It ends with the supervisor, however that one ends.
[[noreturn]] void run_broker_process(Fd link_socket, int supervisor_pid);

}  // namespace headway::daemon
