// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "tool/command_line.h"
#include "tool/process.h"
#include "tool/programs.h"
#include "tool/session.h"

namespace headway::tool {
namespace {

int run(const Program& self, Arguments arguments) {
  CommandLine line(arguments);
  SessionOptions options{.bus = std::string(usual_bus)};
  while (!line.empty() && line.peek().starts_with('-') && !line.take_if("--")) {
    if (line.take_help()) {
      print(stderr, usage_of(self));
      return EXIT_SUCCESS;
    }
    if (line.take_if("--version")) {
      print(stdout, version_of(self));
      return EXIT_SUCCESS;
    }
    if (const auto bus = line.take_separate_value("--dbus-daemon")) {
      options.bus = *bus;
    } else if (const auto file = line.take_separate_value("--config-file")) {
      options.config_file = *file;
    } else {
      complain(self, fmt::format("option '{}' is unknown or lacks its value", line.peek()));
      return session_failure;
    }
  }
  if (line.empty()) {
    complain(self, "a program to run is required");
    return session_failure;
  }
  options.program.assign(line.rest().begin(), line.rest().end());
  return run_session(options, [&self](std::string_view text) { complain(self, text); });
}

}  // namespace

constinit const Program dbus_run_session{
    .name = "dbus-run-session",
    .summary = "run a program with a session bus of its own",
    .usage = R"([OPTION...] [--] PROGRAM [ARGUMENT...]

Starts a session bus, runs PROGRAM on it, ends the bus when PROGRAM ends, and exits with its
status: with 128+N if signal N killed it, with 127 if it or the bus could not be started.

  --dbus-daemon=BUS    run BUS instead of dbus-daemon
  --config-file=FILE   the configuration of the bus, instead of that of session buses
  --version, --help, -h
)",
    .run = run,
};

}  // namespace headway::tool
