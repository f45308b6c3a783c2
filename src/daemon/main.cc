// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "broker/driver.h"
#include "daemon/command_line.h"
#include "daemon/supervisor.h"

namespace headway::daemon {
namespace {

void print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

int run(const CommandLine& line) {
  const auto supervisor = Supervisor::start(line);
  return supervisor ? supervisor->run() : EXIT_FAILURE;
}

int main(std::span<const char* const> arguments) {
  const auto line = parse_command_line(arguments);
  if (!line) {
    print(stderr, line.error() + "\n");
    print(stderr, usage());
    return EXIT_FAILURE;
  }
  switch (line->action) {
    case CommandLine::Action::run:
      return run(*line);
    case CommandLine::Action::introspect:
      print(stdout, broker::introspection_xml(broker::bus_path));
      return EXIT_SUCCESS;
    case CommandLine::Action::version:
      print(stdout, "headwayd " HEADWAY_VERSION "\n");
      return EXIT_SUCCESS;
    case CommandLine::Action::help:
      print(stdout, usage());
      return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace headway::daemon

int main(int count, char** values) {
  return headway::daemon::main({values + 1, static_cast<std::size_t>(count > 0 ? count - 1 : 0)});
}
