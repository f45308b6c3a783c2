// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "broker/broker.h"

namespace headway::daemon {

/// Who this bus is: a new id, the machine's, and this process as the kernel shows it to clients
/// that connect to sockets of its own. Reads files; call it as the user the bus runs as.
[[nodiscard]] broker::BusFacts own_facts(const std::string& type);

/// The name of a user that systemd made up for a running service; empty: none. Reads a symbolic
/// link and asks nobody, so that a bus that systemd waits for cannot wait for systemd.
[[nodiscard]] std::string dynamic_user(std::uint32_t uid);

/// What the process of this number is called (comm), without quotes and control characters; empty:
/// there is none. Not its command line: whoever it belongs to could make us wait for that.
[[nodiscard]] std::string process_name(const std::string& pid);

}  // namespace headway::daemon
