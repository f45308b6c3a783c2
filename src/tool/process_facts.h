// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace headway::tool {

/// What /proc says about a process of this machine; what it does not tell is empty.
struct ProcessFacts {
  std::string name;        // "sleep": the first 15 letters of what it calls itself
  std::string executable;  // "/usr/bin/sleep": only root is told of others' processes
  std::string unit;        // "cron.service": the systemd unit it runs in
  std::string command;     // "sleep 5": its command line, if not too long the whole of it
};
[[nodiscard]] ProcessFacts facts_of_process(pid_t pid);

/// The unit that the text of a /proc/PID/cgroup means; empty if none.
[[nodiscard]] std::string unit_of_cgroup(std::string_view text);

/// The user's name, or the number as text if nobody knows one.
[[nodiscard]] std::string user_name(uid_t uid);

}  // namespace headway::tool
