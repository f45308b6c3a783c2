// SPDX-License-Identifier: MIT
#include "machined/signals.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "headway/error.h"
#include "machined/process.h"

namespace headway::machined {
namespace {

int signal_process(const unique_fd& pidfd, std::int32_t number) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0));
}

/// First all are held by descriptors, so that nobody who gets a number later is hit; then it is
/// found out again who is inside.
void signal_members(pid_t leader, std::int32_t number) {
  std::vector<std::pair<pid_t, unique_fd>> held;
  for (const pid_t pid : members_of(leader)) {
    if (pid == leader) continue;
    if (auto process = open_process(pid)) held.emplace_back(pid, std::move(process->pidfd));
  }
  const std::vector<pid_t> still = members_of(leader);
  for (const auto& [pid, pidfd] : held) {
    for (const pid_t member : still) {
      if (member == pid) signal_process(pidfd, number);
    }
  }
}

}  // namespace

void send_signal(pid_t leader, const unique_fd& pidfd, std::string_view who, std::int32_t number) {
  if (number <= 0 || number > SIGRTMAX) {
    throw error(error_name::invalid_args, fmt::format("{} is not the number of a signal", number));
  }
  if (who != "leader" && who != "all" && !who.empty()) {
    throw error(error_name::invalid_args,
                fmt::format("\"{}\" are not processes of a machine: \"leader\" or \"all\"", who));
  }
  if (who != "leader") signal_members(leader, number);
  if (signal_process(pidfd, number) < 0) throw error_of_errno(errno);
}

}  // namespace headway::machined
