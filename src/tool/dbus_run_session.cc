// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tool/command_line.h"
#include "tool/process.h"
#include "tool/programs.h"

namespace headway::tool {
namespace {

constexpr int own_failure = 127;
constexpr timespec bus_may_take{.tv_sec = 10, .tv_nsec = 0};  // to end when told to

struct Options {
  std::string bus = std::string(usual_bus);
  std::optional<std::string> config_file;
  std::vector<std::string> program;
};

int exit_status(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Whether to hand it on. ^C and the like the terminal has sent to the program as well.
bool is_for_program(const siginfo_t& info) {
  const bool typed = info.si_signo == SIGINT || info.si_signo == SIGQUIT;
  return info.si_signo != SIGCHLD && !(typed && info.si_code == SI_KERNEL);
}

/// The signals that are answered here while the program runs: its end, and what asks us to end.
class Signals {
 public:
  void take() {
    ::sigemptyset(&taken_);
    for (const int number : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
      struct sigaction action{};
      ::sigaction(number, nullptr, &action);
      // What whoever started us wants ignored stays so, except that children are waited for.
      if (number == SIGCHLD || action.sa_handler != SIG_IGN) ::sigaddset(&taken_, number);
    }
    ::signal(SIGCHLD, SIG_DFL);
    ::sigprocmask(SIG_BLOCK, &taken_, &before_);
  }
  void give_back() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  [[nodiscard]] siginfo_t wait() const {
    siginfo_t info{};
    while (::sigwaitinfo(&taken_, &info) < 0) {
    }
    return info;
  }
  /// False if none came in time.
  [[nodiscard]] bool wait(const timespec& time) const {
    return ::sigtimedwait(&taken_, nullptr, &time) > 0 || errno != EAGAIN;
  }

 private:
  sigset_t taken_{};
  sigset_t before_{};
};

class Session {
 public:
  Session(const Program& self, Options options) : self_(self), options_(std::move(options)) {}

  int run() {
    ::signal(SIGCHLD, SIG_DFL);
    const auto address = start_bus();
    if (!address) {
      complain(self_, address.error());
      return own_failure;
    }
    ::setenv("DBUS_SESSION_BUS_ADDRESS", address->c_str(), 1);
    // They would describe another bus.
    for (const char* const name : {"DBUS_SESSION_BUS_PID", "DBUS_SESSION_BUS_WINDOWID",
                                   "DBUS_STARTER_ADDRESS", "DBUS_STARTER_BUS_TYPE"}) {
      ::unsetenv(name);
    }
    signals_.take();
    const int status = start_program() ? wait_for_program() : own_failure;
    end_bus();
    return status;
  }

 private:
  ProcessResult<std::string> start_bus() {
    Pipe pipe = TRY(make_pipe());
    const pid_t here = ::getpid();
    bus_ = ::fork();
    if (bus_ < 0) return std::unexpected(fmt::format("cannot fork: {}", std::strerror(errno)));
    if (bus_ == 0) {
      // What the terminal sends to the program, such as ^C, is not meant for the bus.
      ::setpgid(0, 0);
      // However we end, the bus does not stay behind.
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() != here) exit_child(own_failure);
      run_bus(pipe.writer.get());
    }
    pipe.writer.reset();
    auto address = read_line(pipe.reader);
    if (!address) return std::unexpected(address.error() + " reading address from bus daemon");
    return address;
  }

  [[noreturn]] void run_bus(int address_to) {
    std::vector<std::string> command{options_.bus, "--nofork", "--print-address",
                                     std::to_string(address_to)};
    if (options_.config_file) {
      command.insert(command.end(), {"--config-file", *options_.config_file});
    } else {
      command.emplace_back("--session");
    }
    const int error = become_bus(command, {address_to});
    complain(self_, fmt::format("failed to execute message bus daemon '{}': {}", options_.bus,
                                std::strerror(error)));
    exit_child(own_failure);
  }

  bool start_program() {
    program_ = ::fork();
    if (program_ < 0) {
      complain(self_, fmt::format("cannot fork: {}", std::strerror(errno)));
      return false;
    }
    if (program_ == 0) {
      signals_.give_back();
      const int error = become(options_.program);
      complain(self_, fmt::format("failed to exec '{}': {}", options_.program.front(),
                                  std::strerror(error)));
      exit_child(own_failure);
    }
    return true;
  }

  /// Should the bus end first, the program goes on without it.
  int wait_for_program() {
    for (;;) {
      int status = 0;
      pid_t pid = 0;
      while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == program_) return exit_status(status);
        if (pid == bus_) bus_ended(status);
      }
      const siginfo_t info = signals_.wait();
      if (is_for_program(info)) ::kill(program_, info.si_signo);
    }
  }

  void bus_ended(int status) {
    bus_ = 0;
    complain(self_, WIFSIGNALED(status)
                        ? fmt::format("{} was killed by signal {}", options_.bus, WTERMSIG(status))
                        : fmt::format("{} exited with code {}", options_.bus, WEXITSTATUS(status)));
  }

  void end_bus() const {
    if (bus_ == 0) return;
    ::kill(bus_, SIGTERM);
    while (::waitpid(bus_, nullptr, WNOHANG) == 0) {
      if (!signals_.wait(bus_may_take)) ::kill(bus_, SIGKILL);
    }
  }

  const Program& self_;
  Options options_;
  Signals signals_;
  pid_t bus_ = 0;  // 0: it has ended
  pid_t program_ = 0;
};

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
    if (const auto bus = line.take_separate_value("--dbus-daemon")) {
      options.bus = *bus;
    } else if (const auto file = line.take_separate_value("--config-file")) {
      options.config_file = *file;
    } else {
      complain(self, fmt::format("option '{}' is unknown or lacks its value", line.peek()));
      return own_failure;
    }
  }
  if (line.empty()) {
    complain(self, "a program to run is required");
    return own_failure;
  }
  options.program.assign(line.rest().begin(), line.rest().end());
  return Session(self, std::move(options)).run();
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
