// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/utf8.h"
#include "headway/connection.h"
#include "headway/message.h"
#include "tool/command_line.h"
#include "tool/open_bus.h"
#include "tool/programs.h"

namespace headway::tool {
namespace {

/// The variables to set: NAME=VALUE each, in UTF-8.
class Variables {
 public:
  Variables(const Program& self, bool is_verbose) : self_(self), is_verbose_(is_verbose) {}

  /// D-Bus has no other text; warns of what is none.
  void add(const char* assignment) {
    if (!is_utf8(as_bytes(assignment))) {
      complain(self_, fmt::format("warning: environment variable not UTF-8: {}", assignment));
      return;
    }
    if (is_verbose_) complain(self_, fmt::format("setting {}", assignment));
    assignments_.emplace_back(assignment);
  }

  /// VAR=VALUE, or VAR as it is here, if it is.
  void add_argument(const char* argument) {
    if (!is_utf8(as_bytes(argument)) || std::strchr(argument, '=') != nullptr) {
      return add(argument);
    }
    if (const char* const value = ::getenv(argument)) {
      add(fmt::format("{}={}", argument, value).c_str());
    }
  }

  void add_all() {
    for (char** variable = environ; *variable != nullptr; ++variable) add(*variable);
  }

  [[nodiscard]] message for_bus() const {
    message_builder call =
        message_builder::method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "UpdateActivationEnvironment");
    call.open_array("{ss}");
    for (const std::string_view assignment : assignments_) {
      const std::size_t equals = assignment.find('=');
      call.open_dict_entry()
          .string(assignment.substr(0, equals))
          .string(assignment.substr(equals + 1))
          .close();
    }
    return call.close().build();
  }

  [[nodiscard]] message for_systemd() const {
    message_builder call =
        message_builder::method_call("org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", "SetEnvironment");
    call.open_array("s");
    for (const std::string& assignment : assignments_) call.string(assignment);
    return call.close().build();
  }

 private:
  const Program& self_;
  bool is_verbose_;
  std::vector<std::string> assignments_;
};

struct Options {
  bool all = false;
  bool systemd = false;
  bool verbose = false;
};

/// As systemd's own library finds out whether the user has an instance of it.
bool has_user_systemd() {
  const char* const directory = ::getenv("XDG_RUNTIME_DIR");
  return directory != nullptr && ::access(fmt::format("{}/systemd", directory).c_str(), F_OK) == 0;
}

std::string describe(const error& e) { return fmt::format("{}: {}", e.name(), e.text()); }

int update(const Program& self, const Options& options, Arguments names) {
  const auto bus = open_bus(headway::bus::session);
  if (!bus) {
    complain(self, fmt::format("error: unable to connect to D-Bus: {}", bus.error().text()));
    return EX_OSERR;
  }
  const bool tells_systemd = options.systemd && has_user_systemd();
  if (options.systemd && !tells_systemd && options.verbose) {
    complain(self, "systemd --user not found, ignoring --systemd argument");
  }
  Variables variables(self, options.verbose);
  if (options.all) variables.add_all();
  for (const char* const name : names) variables.add_argument(name);

  if (const auto done = bus->call(variables.for_bus()).as_result().wait(); !done) {
    complain(self, fmt::format("error sending to dbus-daemon: {}", describe(done.error())));
    return EX_UNAVAILABLE;
  }
  if (!tells_systemd) return EXIT_SUCCESS;
  if (const auto done = bus->call(variables.for_systemd()).as_result().wait(); !done) {
    complain(self, fmt::format("warning: error sending to systemd: {}", describe(done.error())));
  }
  return EXIT_SUCCESS;
}

int run(const Program& self, Arguments arguments) {
  CommandLine line(arguments);
  Options options;
  while (!line.empty() && line.peek().starts_with('-') && !line.take_if("--")) {
    if (line.take_if("--all")) {
      options.all = true;
    } else if (line.take_if("--systemd")) {
      options.systemd = true;
    } else if (line.take_if("--verbose")) {
      options.verbose = true;
    } else {
      // Help counts as a wrong use here, and always has.
      print(stderr, line.peek() == "--help" ? usage_of(self) : synopsis_of(self));
      return EX_USAGE;
    }
  }
  if (options.all && !line.empty()) {
    complain(self, "error: --all cannot be used with VAR or VAR=VAL arguments");
    return EX_USAGE;
  }
  return update(self, options, line.rest());
}

}  // namespace

constinit const Program dbus_update_activation_environment{
    .name = "dbus-update-activation-environment",
    .summary = "set environment variables for services of the session bus",
    .usage = R"([OPTION...] --all | VAR[=VALUE]...

Sets variables for the services that the session bus starts from now on: to VALUE, or as they
are here; what is not set here is passed over.

  --all                all variables that are set here
  --systemd            for services that the user's systemd starts as well
  --verbose            say what is set
)",
    .run = run,
};

}  // namespace headway::tool
