// SPDX-License-Identifier: MIT
#include "machined/become.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "headway/error.h"

namespace headway::machined {
namespace {

/// What the child does, in this order.
enum class Step : int { session, terminal, descriptors, group, user, program };

std::string_view name_of(Step step) {
  constexpr std::array<std::string_view, 6> names = {
      "cannot begin a session",         "cannot take the terminal", "cannot close descriptors",
      "cannot become the user's group", "cannot become the user",   "cannot execute"};
  return names[static_cast<std::size_t>(step)];
}

struct Failure {
  Step step;
  int number;
};

constexpr int status_fd = 3;  // closed by exec

[[noreturn]] void fail(int status, Step step) {
  const Failure failure{.step = step, .number = errno};
  [[maybe_unused]] const ssize_t written = ::write(status, &failure, sizeof(failure));
  ::_exit(127);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

struct Pointers {
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

/// In the child, which is a copy of a process with one thread.
[[noreturn]] void become(const Becoming& what, const Pointers& pointers, int slave, int status) {
  // Out of the way of 0 to 3, where either may lie.
  slave = ::fcntl(slave, F_DUPFD_CLOEXEC, status_fd + 1);
  status = ::fcntl(status, F_DUPFD_CLOEXEC, status_fd + 1);
  if (::setsid() < 0) fail(status, Step::session);
  if (::ioctl(slave, TIOCSCTTY, 0) < 0) fail(status, Step::terminal);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(slave, fd) < 0) fail(status, Step::terminal);
  }
  if (::dup3(status, status_fd, O_CLOEXEC) < 0) fail(status, Step::descriptors);
  if (::syscall(SYS_close_range, status_fd + 1, ~0U, 0) < 0) fail(status_fd, Step::descriptors);
  reset_signals();
  ::umask(S_IWGRP | S_IWOTH);
  ::prctl(PR_SET_PDEATHSIG, 0);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (::setresgid(what.gid, what.gid, what.gid) < 0) fail(status_fd, Step::group);
  if (::setresuid(what.uid, what.uid, what.uid) < 0) fail(status_fd, Step::user);
  // As the user: the home may be where root cannot look.
  if (what.home.empty() || ::chdir(what.home.c_str()) < 0) {
    if (::chdir("/") < 0) fail(status_fd, Step::program);
  }
  ::execve(what.program.c_str(), pointers.arguments.data(), pointers.environment.data());
  fail(status_fd, Step::program);
}

}  // namespace

pid_t start_session(const Becoming& what, const unique_fd& slave) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) throw error_of_errno(errno, "cannot make a pipe");
  const unique_fd from_child(ends[0]);
  unique_fd to_us(ends[1]);
  const Pointers pointers{.arguments = pointers_to(what.arguments),
                          .environment = pointers_to(what.environment)};
  const pid_t child = ::fork();
  if (child < 0) throw error_of_errno(errno, "cannot fork");
  if (child == 0) become(what, pointers, slave.get(), to_us.get());
  to_us.reset();
  Failure failure{};
  ssize_t count = 0;
  do {
    count = ::read(from_child.get(), &failure, sizeof(failure));
  } while (count < 0 && errno == EINTR);
  if (count == 0) return child;
  ::waitpid(child, nullptr, 0);
  if (count != sizeof(failure)) throw error(error_name::failed, "the session ended at its start");
  std::string text(name_of(failure.step));
  if (failure.step == Step::program) text += " " + what.program;
  throw error_of_errno(failure.number, text + ": " + std::strerror(failure.number));
}

}  // namespace headway::machined
