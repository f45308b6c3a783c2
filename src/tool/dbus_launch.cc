// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tool/command_line.h"
#include "tool/process.h"
#include "tool/programs.h"
#include "tool/session_end.h"

namespace headway::tool {
namespace {

constexpr std::size_t machine_id_digits = 32;

enum class Syntax { plain, sh, csh };

struct Options {
  Syntax syntax = Syntax::plain;
  bool binary = false;  // whatever the syntax
  bool close_stderr = false;
  bool exit_with_session = false;
  bool exit_with_x11 = false;
  std::optional<std::string> autolaunch;  // a machine id
  std::optional<std::string> config_file;
  std::vector<std::string> program;
};

struct Bus {
  std::string address;
  pid_t pid = 0;
};

Syntax syntax_of_shell() {
  const char* const shell = ::getenv("SHELL");
  return shell != nullptr && std::string_view(shell).ends_with("csh") ? Syntax::csh : Syntax::sh;
}

ProcessResult<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) {
    return std::unexpected(fmt::format("the bus says \"{}\" for its process id", text));
  }
  return pid;
}

/// Starts a bus that goes to the background by itself.
class Launcher {
 public:
  Launcher(const Program& self, const Options& options) : self_(self), options_(options) {}

  ProcessResult<Bus> launch() {
    Pipe pid = TRY(make_pipe());
    Pipe address = TRY(make_pipe());
    const pid_t child = ::fork();
    if (child < 0) return std::unexpected(fmt::format("cannot fork: {}", std::strerror(errno)));
    if (child == 0) become_daemon(pid.writer.get(), address.writer.get());
    pid.writer.reset();
    address.writer.reset();
    auto bus_address = read_line(address.reader);
    if (!bus_address) {
      return std::unexpected(bus_address.error() + " reading address from bus daemon");
    }
    const auto bus_pid = read_line(pid.reader);
    if (!bus_pid) return std::unexpected(bus_pid.error() + " reading PID from bus daemon");
    ::waitpid(child, nullptr, 0);
    return Bus{std::move(*bus_address), TRY(parse_pid(*bus_pid))};
  }

 private:
  [[noreturn]] void become_daemon(int pid_to, int address_to) {
    if (options_.close_stderr) {
      const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      ::dup2(null.get(), STDERR_FILENO);
    }
    std::vector<std::string> command{std::string(usual_bus),
                                     options_.close_stderr ? "--syslog-only" : "--syslog",
                                     "--fork",
                                     "--print-pid",
                                     std::to_string(pid_to),
                                     "--print-address",
                                     std::to_string(address_to)};
    if (options_.config_file) {
      command.insert(command.end(), {"--config-file", *options_.config_file});
    } else {
      command.emplace_back("--session");
    }
    const int error = become_bus(command, {pid_to, address_to});
    complain(self_, fmt::format("failed to execute message bus daemon '{}': {}", usual_bus,
                                std::strerror(error)));
    exit_child(EXIT_FAILURE);
  }

  const Program& self_;
  const Options& options_;
};

std::string describe(const Bus& bus, Syntax syntax) {
  switch (syntax) {
    case Syntax::plain:
      return fmt::format("DBUS_SESSION_BUS_ADDRESS={}\nDBUS_SESSION_BUS_PID={}\n", bus.address,
                         bus.pid);
    case Syntax::sh:
      return fmt::format(
          "DBUS_SESSION_BUS_ADDRESS='{}';\nexport DBUS_SESSION_BUS_ADDRESS;\n"
          "DBUS_SESSION_BUS_PID={};\n",
          bus.address, bus.pid);
    case Syntax::csh:
      return fmt::format("setenv DBUS_SESSION_BUS_ADDRESS '{}';\nset DBUS_SESSION_BUS_PID={};\n",
                         bus.address, bus.pid);
  }
  return {};
}

/// What libdbus reads when it launches a bus by itself (ADDR-027).
std::string describe_binary(const Bus& bus) {
  constexpr long window = 0;  // of X11
  std::string bytes = bus.address + '\0';
  bytes.append(reinterpret_cast<const char*>(&bus.pid), sizeof bus.pid);
  return bytes.append(reinterpret_cast<const char*>(&window), sizeof window);
}

/// Takes an option that stands alone; false if the next argument is none.
bool take_flag(CommandLine& line, Options& options) {
  if (line.take_if("--sh-syntax") || line.take_if("-s")) {
    options.syntax = Syntax::sh;
  } else if (line.take_if("--csh-syntax") || line.take_if("-c")) {
    options.syntax = Syntax::csh;
  } else if (line.take_if("--auto-syntax")) {
    options.syntax = syntax_of_shell();
  } else if (line.take_if("--binary-syntax")) {
    options.binary = true;
  } else if (line.take_if("--close-stderr")) {
    options.close_stderr = true;
  } else if (line.take_if("--exit-with-session")) {
    options.exit_with_session = true;
  } else if (line.take_if("--exit-with-x11")) {
    options.exit_with_x11 = true;
  } else {
    return false;
  }
  return true;
}

/// What keeps us from launching anything, or nothing.
std::optional<std::string> objection(const Options& options) {
  if (options.autolaunch) {
    if (options.autolaunch->size() != machine_id_digits) {
      return fmt::format(
          "machine ID '{}' looks like it's the wrong length, should be {} hex digits",
          *options.autolaunch, machine_id_digits);
    }
    return "Autolaunch error: there is no X11 support; set DBUS_SESSION_BUS_ADDRESS instead";
  }
  if (options.exit_with_x11) {
    return "Session lifetime based on X11 requested, but there is no X11 support; see "
           "--exit-with-session";
  }
  return std::nullopt;
}

int launch(const Program& self, const Options& options) {
  const auto bus = Launcher(self, options).launch();
  if (!bus) {
    complain(self, bus.error());
    return EXIT_FAILURE;
  }
  if (options.exit_with_session) {
    const auto program = options.program.empty() ? std::nullopt : std::optional(::getpid());
    if (const auto done = end_bus_with_session(bus->pid, program); !done) {
      complain(self, done.error());
      ::kill(bus->pid, SIGTERM);
      return EXIT_FAILURE;
    }
  }
  if (options.program.empty()) {
    print(stdout, options.binary ? describe_binary(*bus) : describe(*bus, options.syntax));
    return EXIT_SUCCESS;
  }
  ::setenv("DBUS_SESSION_BUS_ADDRESS", bus->address.c_str(), 1);
  const int error = become(options.program);
  complain(self,
           fmt::format("Couldn't exec {}: {}", options.program.front(), std::strerror(error)));
  ::kill(bus->pid, SIGTERM);  // nobody else knows of it
  return EXIT_FAILURE;
}

int run(const Program& self, Arguments arguments) {
  CommandLine line(arguments);
  Options options;
  while (!line.empty() && line.peek().starts_with('-') && !line.take_if("--")) {
    if (line.take_help()) {
      print(stderr, usage_of(self));
      return EXIT_SUCCESS;
    }
    if (line.take_if("--version")) {
      print(stdout, version_of(self));
      return EXIT_SUCCESS;
    }
    if (take_flag(line, options)) continue;
    if (const auto machine = line.take_separate_value("--autolaunch")) {
      options.autolaunch = *machine;
    } else if (const auto file = line.take_separate_value("--config-file")) {
      options.config_file = *file;
    } else {
      complain(self, fmt::format("option '{}' is unknown or lacks its value", line.peek()));
      return EXIT_FAILURE;
    }
  }
  options.program.assign(line.rest().begin(), line.rest().end());
  if (const auto why = objection(options)) {
    complain(self, *why);
    return EXIT_FAILURE;
  }
  return launch(self, options);
}

}  // namespace

constinit const Program dbus_launch{
    .name = "dbus-launch",
    .summary = "start a session bus that goes on in the background",
    .usage = R"([OPTION...] [--] [PROGRAM [ARGUMENT...]]

Starts a session bus, and then becomes PROGRAM with DBUS_SESSION_BUS_ADDRESS set, or without
PROGRAM prints where the bus is:

  --sh-syntax, -s      as commands for sh
  --csh-syntax, -c     as commands for csh
  --auto-syntax        as commands for the shell in $SHELL
  --binary-syntax      as the address, a NUL byte, the process id as pid_t, and a 0 as long

  --config-file=FILE   the configuration of the bus, instead of that of session buses
  --close-stderr       keep stderr away from the bus, which then logs to syslog only
  --exit-with-session  end the bus when the terminal on stdin hangs up; without a terminal,
                       when PROGRAM ends
  --exit-with-x11, --autolaunch=MACHINEID
                       need X11, which is not supported: fail
  --version, --help, -h
)",
    .run = run,
};

}  // namespace headway::tool
