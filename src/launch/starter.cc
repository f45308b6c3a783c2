// SPDX-License-Identifier: MIT
#include "launch/starter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <string>

#include "io/before_exec.h"

namespace headway::launch {
namespace {

// Debian 12's header declares these two as C++ functions, which they are not.
Fd open_process(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }
void send_signal(const Fd& process, int number) {
  ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

/// What a new process does on its way to being a program. Only system calls, as in before_exec.h.
class Beginning {
 public:
  Beginning(const Program& program, const rlimit& descriptors, const Output& output)
      : arguments_(io::pointers_to(program.arguments)),
        environment_(io::pointers_to(program.environment)),
        descriptors_(descriptors),
        out_(output.out.get()),
        err_(output.err.get()) {}

  [[noreturn]] void run(int error_pipe) const {
    if (read_nothing() && write_to_output() && ::setrlimit(RLIMIT_NOFILE, &descriptors_) == 0) {
      io::give_up_protection();
      ::close_range(3, std::numeric_limits<unsigned>::max(), CLOSE_RANGE_CLOEXEC);
      io::default_signals();
      ::execve(arguments_.front(), arguments_.data(), environment_.data());
    }
    const int error = errno;
    static_cast<void>(!::write(error_pipe, &error, sizeof error));
    ::_exit(127);
  }

 private:
  static bool read_nothing() {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    // Equal only if there was no stdin; it must survive then as well.
    if (null == STDIN_FILENO) return ::fcntl(null, F_SETFD, 0) == 0;
    return null >= 0 && ::dup2(null, STDIN_FILENO) == STDIN_FILENO;
  }

  /// Both, or neither. They are not among the standard streams, which are never closed here.
  [[nodiscard]] bool write_to_output() const {
    return out_ < 0 || (::dup2(out_, STDOUT_FILENO) >= 0 && ::dup2(err_, STDERR_FILENO) >= 0);
  }

  std::vector<char*> arguments_;
  std::vector<char*> environment_;
  rlimit descriptors_;
  int out_;
  int err_;
};

/// How the process ended that is, or was, our child; none: it has not.
std::optional<End> end_of(const Fd& process, const Fd& error_pipe) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(process.get()), &info, WEXITED | WNOHANG) < 0) {
    if (errno == EINTR) return std::nullopt;
    return End{};  // somebody else has asked before us, and nobody knows
  }
  if (info.si_pid == 0) return std::nullopt;
  int error = 0;
  if (error_pipe && ::read(error_pipe.get(), &error, sizeof error) == sizeof error) {
    return End{End::Kind::not_executed, error};
  }
  if (info.si_code == CLD_EXITED) return End{End::Kind::exited, info.si_status};
  return End{End::Kind::signalled, info.si_status};
}

}  // namespace

io::Result<Starter> Starter::create(const rlimit& descriptors) {
  auto loop = io::Loop::create();
  if (!loop) return std::unexpected(loop.error());
  return Starter(std::move(*loop), descriptors);
}

std::expected<void, Failure> Starter::start(const Program& program, const Output& output) {
  const Beginning beginning(program, descriptors_, output);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
    return std::unexpected(fork_failure(program, errno));
  }
  Fd reader(ends[0]);
  const Fd writer(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(fork_failure(program, errno));
  if (pid == 0) beginning.run(writer.get());

  Child child{.process = open_process(pid), .error = std::move(reader), .program = program};
  int error = errno;
  if (child.process) {
    const auto added = loop_.add(child.process.get(), EPOLLIN, next_tag_);
    if (added) {
      children_.emplace(next_tag_++, std::move(child));
      return {};
    }
    error = added.error().number;
  }
  // A process that nobody can watch: not ours to have.
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return std::unexpected(fork_failure(program, error));
}

std::vector<Failure> Starter::collect() {
  std::vector<Failure> failures;
  for (const epoll_event& event : loop_.poll()) {
    const auto found = children_.find(event.data.u64);
    if (found == children_.end()) continue;
    const Child& child = found->second;
    const auto end = end_of(child.process, child.error);
    if (!end) continue;
    if (!child.forgotten) {
      if (auto failure = failure_of(child.program, *end)) failures.push_back(std::move(*failure));
    }
    loop_.remove(child.process.get());
    children_.erase(found);
  }
  return failures;
}

void Starter::release(std::string_view service) {
  for (auto& [tag, child] : children_) {
    if (child.program.service != service) continue;
    child.forgotten = true;
    child.error.reset();
  }
}

Starter::~Starter() {
  for (const auto& [tag, child] : children_) {
    if (!child.forgotten) send_signal(child.process, SIGKILL);
  }
}

void Starter::kill(std::string_view service) {
  for (const auto& [tag, child] : children_) {
    if (child.forgotten || child.program.service != service) continue;
    send_signal(child.process, SIGKILL);
  }
  release(service);
}

}  // namespace headway::launch
