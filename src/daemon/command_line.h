// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headway::daemon {

/// What the command line asks for: dbus-daemon's (TOOL-001 .. TOOL-007), so that every unit and
/// script that starts one can start us.
struct CommandLine {
  enum class Action : std::uint8_t { run, introspect, version, help };
  enum class Syslog : std::uint8_t { as_configured, both, only, none };

  Action action = Action::run;
  std::string config_file;
  std::optional<std::string> address;  // instead of every <listen>
  std::optional<int> print_address_to;
  std::optional<int> print_pid_to;
  std::optional<bool> fork;  // none: as configured
  Syslog syslog = Syslog::as_configured;
  bool writes_pidfile = true;
  bool systemd_activation = false;
};

/// `arguments` without the program's name. The error is a text for stderr; the exit status is 1.
[[nodiscard]] std::expected<CommandLine, std::string> parse_command_line(
    std::span<const char* const> arguments);

[[nodiscard]] std::string_view usage();

}  // namespace headway::daemon
