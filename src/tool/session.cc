// SPDX-License-Identifier: MIT
#include "tool/session.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/result.h"
#include "tool/process.h"

namespace headway::tool {
namespace {

using Complain = std::function<void(std::string_view)>;

constexpr timespec bus_may_take{.tv_sec = 10, .tv_nsec = 0};  // to end when told to

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
  Session(const SessionOptions& options, const Complain& complain)
      : options_(options), complain_(complain) {}

  int run() {
    ::signal(SIGCHLD, SIG_DFL);
    const auto address = start_bus();
    if (!address) {
      complain_(address.error());
      return session_failure;
    }
    ::setenv("DBUS_SESSION_BUS_ADDRESS", address->c_str(), 1);
    // They would describe another bus.
    for (const char* const name : {"DBUS_SESSION_BUS_PID", "DBUS_SESSION_BUS_WINDOWID",
                                   "DBUS_STARTER_ADDRESS", "DBUS_STARTER_BUS_TYPE"}) {
      ::unsetenv(name);
    }
    signals_.take();
    const int status = start_program() ? wait_for_program() : session_failure;
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
      if (::getppid() != here) exit_child(session_failure);
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
    complain_(fmt::format("failed to execute message bus daemon '{}': {}", options_.bus,
                          std::strerror(error)));
    exit_child(session_failure);
  }

  bool start_program() {
    program_ = ::fork();
    if (program_ < 0) {
      complain_(fmt::format("cannot fork: {}", std::strerror(errno)));
      return false;
    }
    if (program_ == 0) {
      signals_.give_back();
      const int error = become(options_.program);
      complain_(
          fmt::format("failed to exec '{}': {}", options_.program.front(), std::strerror(error)));
      exit_child(session_failure);
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
    complain_(WIFSIGNALED(status)
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

  const SessionOptions& options_;
  const Complain& complain_;
  Signals signals_;
  pid_t bus_ = 0;  // 0: it has ended
  pid_t program_ = 0;
};

}  // namespace

int run_session(const SessionOptions& options, const Complain& complain) {
  return Session(options, complain).run();
}

}  // namespace headway::tool
