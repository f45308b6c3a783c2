// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>

namespace headway::machined {

struct CommandLine {
  enum class Task : unsigned char { serve, print_help, print_version };
  Task task = Task::serve;
  std::optional<std::string> address;  // of the bus; none: the system bus
  std::string helper;                  // headway-machine-helper
};

/// The error is a text for stderr.
[[nodiscard]] std::expected<CommandLine, std::string> parse_command_line(
    std::span<const char* const> arguments, std::string helper);

inline constexpr const char* usage =
    "Usage: headway-machined [OPTION...]\n"
    "\n"
    "Serves org.freedesktop.machine1: machines, and shells on the host and in them.\n"
    "\n"
    "  --address=ADDRESS   of the bus (default: the system bus)\n"
    "  --helper=PATH       of headway-machine-helper, which does what touches a machine\n"
    "  --help              this text\n"
    "  --version           the version of headway\n";

}  // namespace headway::machined
