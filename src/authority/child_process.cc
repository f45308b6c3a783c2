// SPDX-License-Identifier: MIT
#include "authority/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <limits>
#include <utility>

#include "io/before_exec.h"

namespace headway::authority {
namespace {

/// Puts descriptors in the places of the standard streams; none of the three is among them yet.
bool arrange(int input, int output) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
  constexpr int above_standard = 3;
  const auto raised = [null](int fd) {
    return ::fcntl(fd >= 0 ? fd : null, F_DUPFD, above_standard);
  };
  const int from[] = {raised(input), raised(output), raised(null)};
  for (int to = 0; to < above_standard; ++to) {
    if (from[to] < 0 || ::dup2(from[to], to) < 0) return false;
  }
  return ::close_range(above_standard, std::numeric_limits<unsigned>::max(), 0) == 0;
}

[[noreturn]] void be_child(const ChildProcess::Plan& plan, char* const* arguments,
                           char* const* environment) {
  ::setsid();
  if (arrange(plan.input, plan.output)) {
    io::give_up_protection();
    io::default_signals();
    if (plan.instead) ::_exit(plan.instead());
    ::execvpe(arguments[0], arguments, environment);
  }
  ::_exit(ChildProcess::not_executed);
}

}  // namespace

io::Result<ChildProcess> ChildProcess::start(const Plan& plan) {
  const std::vector<char*> arguments = io::pointers_to(plan.arguments);
  const std::vector<char*> environment = io::pointers_to(plan.environment);
  const pid_t pid = ::fork();
  if (pid < 0) return io::failure("fork");
  if (pid == 0) be_child(plan, arguments.data(), environment.data());
  // Debian 12's header declares this one as a C++ function, which it is not.
  Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int error = errno;
  ChildProcess child(pid, std::move(process));
  if (!child.process_) return std::unexpected(io::Error{"pidfd_open", error});
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      process_(std::move(other.process_)),
      status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, 0);
  process_ = std::move(other.process_);
  status_ = other.status_;
  return *this;
}

std::optional<int> ChildProcess::status() const {
  if (pid_ == 0) return status_;
  siginfo_t info{};
  const int result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (result < 0 || info.si_pid == 0) return std::nullopt;
  return info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
}

std::chrono::nanoseconds ChildProcess::cpu_time() const {
  clockid_t clock = 0;
  timespec time{};
  if (pid_ == 0 || ::clock_getcpuclockid(pid_, &clock) != 0) return {};
  if (::clock_gettime(clock, &time) < 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

int ChildProcess::end() {
  if (pid_ == 0) return status_;
  // Until it is waited for, its number is nobody else's, and so is that of its group. The group is
  // not there yet if it was not its turn to run since fork().
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  process_.reset();
  return status_;
}

}  // namespace headway::authority
