// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "tool/command_line.h"
#include "tool/machine_id.h"
#include "tool/programs.h"

namespace headway::tool {
namespace {

enum class Action { print_new, get, ensure };

IdResult<void> get(const std::string& file) {
  const auto id = file.empty() ? machine_id() : read_id(file);
  if (!id) return std::unexpected(id.error());
  print(stdout, *id + "\n");
  return {};
}

IdResult<void> act(Action action, const std::string& file) {
  switch (action) {
    case Action::print_new:
      print(stdout, new_id() + "\n");
      return {};
    case Action::get:
      return get(file);
    case Action::ensure:
      return file.empty() ? ensure_machine_id() : ensure_id(file);
  }
  return {};
}

int run(const Program& self, Arguments arguments) {
  CommandLine line(arguments);
  bool gets = false;
  bool ensures = false;
  std::string file;  // empty: the machine's
  while (!line.empty()) {
    if (line.take_if("--help")) {
      print(stderr, usage_of(self));
      return EXIT_SUCCESS;
    }
    if (line.take_if("--version")) {
      print(stdout, version_of(self));
      return EXIT_SUCCESS;
    }
    if (line.take_if("--get")) {
      gets = true;
    } else if (line.take_if("--ensure")) {
      ensures = true;
    } else if (const auto to_get = line.take_value("--get")) {
      gets = true;
      file = *to_get;
    } else if (const auto to_ensure = line.take_value("--ensure")) {
      ensures = true;
      file = *to_ensure;
    } else {
      print(stderr, synopsis_of(self));
      return EXIT_FAILURE;
    }
  }
  if (gets && ensures) {
    complain(self, "--get and --ensure cannot be used together");
    return EXIT_FAILURE;
  }
  const Action action = gets ? Action::get : ensures ? Action::ensure : Action::print_new;
  if (const auto done = act(action, file); !done) {
    complain(self, done.error());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace

constinit const Program dbus_uuidgen{
    .name = "dbus-uuidgen",
    .summary = "make and read the id of this machine",
    .usage = R"([--get[=FILE] | --ensure[=FILE]]

Prints a new random id: 32 hex digits.

  --get[=FILE]         print the id in FILE; without FILE that of this machine
  --ensure[=FILE]      write a new id to FILE unless it has one; without FILE make sure
                       that this machine has an id
  --version, --help
)",
    .run = run,
};

}  // namespace headway::tool
