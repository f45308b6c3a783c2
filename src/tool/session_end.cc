// SPDX-License-Identifier: MIT
#include "tool/session_end.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>

namespace headway::tool {
namespace {

constexpr int bus_may_take_milliseconds = 10'000;  // to end when told to

// Debian 12's header declares these two as C++ functions, which they are not.
Fd open_process(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }
void send_signal(const Fd& process, int number) {
  ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

int poll_all(std::span<pollfd> what, int milliseconds) {
  int ready = 0;
  while ((ready = ::poll(what.data(), what.size(), milliseconds)) < 0 && errno == EINTR) {
  }
  return ready;
}

Fd open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return Fd(::signalfd(-1, &set, SFD_CLOEXEC));
}

/// Holds neither a directory nor anything else of whoever started us, but stdin.
void detach() {
  static_cast<void>(!::chdir("/"));
  ::close_range(3, std::numeric_limits<unsigned>::max(), 0);
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  ::dup2(null.get(), STDOUT_FILENO);
  ::dup2(null.get(), STDERR_FILENO);
}

void end(const Fd& bus) {
  send_signal(bus, SIGTERM);
  std::array what{pollfd{bus.get(), POLLIN, 0}};
  if (poll_all(what, bus_may_take_milliseconds) == 0) send_signal(bus, SIGKILL);
}

/// Until the session ends: with the program, if there is one, and else with the terminal.
void watch(pid_t bus_pid, std::optional<pid_t> program_pid) {
  const Fd bus = open_process(bus_pid);
  if (!bus) return;
  const Fd program = program_pid ? open_process(*program_pid) : Fd();
  const bool has_ended = program_pid && !program;
  const Fd signals = open_signals();
  // Of a terminal only that it hangs up, which need not be asked for.
  std::array what{pollfd{bus.get(), POLLIN, 0}, pollfd{signals.get(), POLLIN, 0},
                  program_pid ? pollfd{program.get(), POLLIN, 0} : pollfd{STDIN_FILENO, 0, 0}};
  if (!has_ended) poll_all(what, -1);
  end(bus);
}

}  // namespace

ProcessResult<void> end_bus_with_session(pid_t bus, std::optional<pid_t> program) {
  const bool has_terminal = ::isatty(STDIN_FILENO) != 0;
  if (!has_terminal && !program) {
    return std::unexpected(
        "no terminal on standard input, no X11 support and no program to run: "
        "the bus has no session that it could end with");
  }
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(fmt::format("cannot fork: {}", std::strerror(errno)));
  if (child > 0) {
    ::waitpid(child, nullptr, 0);
    return {};
  }
  // In between, so that the program gets no child that it did not start.
  if (::fork() == 0) {
    detach();
    watch(bus, has_terminal ? std::nullopt : program);
  }
  exit_child(EXIT_SUCCESS);
}

}  // namespace headway::tool
