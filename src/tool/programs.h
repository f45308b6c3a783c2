// SPDX-License-Identifier: MIT
#pragma once

#include "tool/program.h"

namespace headway::tool {

// The companion programs that a distribution expects beside a bus (TOOL-010 .. TOOL-032): command
// lines, output and exit statuses are those of the dbus packages.
extern const Program dbus_cleanup_sockets;
extern const Program dbus_launch;
extern const Program dbus_monitor;
extern const Program dbus_run_session;
extern const Program dbus_send;
extern const Program dbus_update_activation_environment;
extern const Program dbus_uuidgen;

/// All of them, in the order of `headway --help`.
[[nodiscard]] std::span<const Program* const> programs();
/// Null if there is none of this name.
[[nodiscard]] const Program* find_program(std::string_view name);

/// The program that is meant by how `headway` itself was called, and what is left for it: by the
/// name it was called by, which is that of a companion program if a link of that name is followed,
/// or by the first argument. Null if neither names one.
struct Chosen {
  const Program* program = nullptr;
  Arguments arguments;
};
[[nodiscard]] Chosen choose_program(std::string_view called_as, Arguments arguments);

}  // namespace headway::tool
