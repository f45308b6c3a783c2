// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

/// Processes by what the kernel says of them. A number alone is nobody: it is used again.
namespace headway::machined {

/// A process that cannot be mistaken for another that has its number later.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // in clock ticks since boot
  bool operator==(const ProcessId&) const = default;
};

struct Process {
  ProcessId id;
  Fd pidfd;  // readable when it has ended
};

/// None if there is no such process, or if it is a zombie.
[[nodiscard]] std::optional<Process> open_process(pid_t pid);
[[nodiscard]] bool has_ended(const Fd& pidfd);

/// The systemd unit in which the process is, by its cgroup; empty if there is none.
[[nodiscard]] std::string unit_of(pid_t pid);
/// The file that it executes; empty if that cannot be read.
[[nodiscard]] std::string executable_of(pid_t pid);
/// Whether it has a network of its own; none if one of the two cannot be seen.
[[nodiscard]] std::optional<bool> has_own_network(pid_t pid);
/// The first user of its namespace as the host numbers it; none unless the namespace is one range.
[[nodiscard]] std::optional<std::uint32_t> uid_shift_of(pid_t pid);

/// The capabilities that it and what it executes can have at most, a bit each; none if that cannot
/// be read.
[[nodiscard]] std::optional<std::uint64_t> capability_bounds_of(pid_t pid);

/// The process, what descends from it, and all that is in its PID namespace if it has its own: what
/// is inside a machine that it leads. One pass over /proc.
[[nodiscard]] std::vector<pid_t> members_of(pid_t leader);
/// The first of `leaders` that leads `pid`, as members_of() means it; none: no index.
[[nodiscard]] std::optional<std::size_t> leader_of(pid_t pid, const std::vector<pid_t>& leaders);

// What the texts of /proc say.

[[nodiscard]] std::optional<std::uint64_t> start_time_in(std::string_view stat);
[[nodiscard]] std::string unit_in(std::string_view cgroup);
[[nodiscard]] std::optional<std::uint32_t> uid_shift_in(std::string_view uid_map);
[[nodiscard]] std::optional<std::uint64_t> capability_bounds_in(std::string_view status);

}  // namespace headway::machined
