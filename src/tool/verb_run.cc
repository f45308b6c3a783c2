// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <string>

#include "tool/invocation.h"
#include "tool/process.h"
#include "tool/program.h"
#include "tool/session.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--bus", "", "PROGRAM", WordKind::command, "the bus to start, instead of headwayd"},
    VerbOption{"--config-file", "", "FILE", WordKind::file,
               "the configuration of the bus, instead of that of session buses"},
};
constexpr std::array words{
    VerbWord{"COMMAND", WordKind::command, VerbWord::Count::some,
             "what to run there, with its arguments"},
};
constexpr std::array exits{
    VerbExit{session_failure, "COMMAND or the bus could not be started"},
    VerbExit{128, "and N more: signal N ended COMMAND; any other: COMMAND ended so"},
};
constexpr std::array examples{
    VerbExample{"headway run bash", "a shell, all of whose programs meet on a bus of their own"},
    VerbExample{"headway run --bus=dbus-daemon -- make check", "tests on another bus"},
};

Outcome<int> run(const Invocation& how) {
  SessionOptions session{.bus = std::string(how.value("--bus").value_or(own_bus))};
  if (const auto file = how.value("--config-file")) session.config_file = *file;
  session.program.assign(how.words().begin(), how.words().end());
  return run_session(session, [](std::string_view text) {
    print(stderr, fmt::format("headway run: {}\n", text));
  });
}

}  // namespace

constinit const Verb verb_run{
    .name = "run",
    .summary = "run a command on a bus of its own",
    .description =
        R"(Starts a session bus, runs COMMAND with DBUS_SESSION_BUS_ADDRESS set to it, ends the bus
when COMMAND ends, and exits with its status. Options stand before COMMAND; those that choose a bus
or an output mean nothing here.)",
    .options = options,
    .words = words,
    .examples = examples,
    .exits = exits,
    .options_stand = Verb::Options::first,
    .run = run,
};

}  // namespace headway::tool
