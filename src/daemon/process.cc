// SPDX-License-Identifier: MIT
#include "daemon/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/result.h"
#include "io/random.h"
#include "wire/hex.h"

namespace headway::daemon {
namespace {

constexpr rlim_t root_descriptors_min = 65536;

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::expected<void, std::string> keep_audit_right() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[2] = {};
  if (::syscall(SYS_capget, &header, sets) < 0) return failed("capget");
  const std::uint32_t kept = sets[0].permitted & (1u << CAP_AUDIT_WRITE);
  sets[0] = {.effective = kept, .permitted = kept, .inheritable = 0};
  sets[1] = {};
  if (::syscall(SYS_capset, &header, sets) < 0) return failed("capset");
  return {};
}

}  // namespace

std::expected<void, std::string> become(const config::Account& user, bool keeps_audit) {
  if (keeps_audit && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return failed("PR_SET_KEEPCAPS");
  if (::setgroups(0, nullptr) < 0 && errno != EPERM) return failed("setgroups");
  if (::setresgid(user.gid, user.gid, user.gid) < 0) return failed("setresgid");
  if (::setresuid(user.uid, user.uid, user.uid) < 0) return failed("setresuid");
  if (keeps_audit && user.uid != 0) return keep_audit_right();
  return {};
}

rlimit raise_descriptor_limit() {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit wanted = before;
  if (::geteuid() == 0) wanted.rlim_max = std::max(wanted.rlim_max, root_descriptors_min);
  wanted.rlim_cur = wanted.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &wanted) < 0) {
    wanted = before;
    wanted.rlim_cur = wanted.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &wanted);
  }
  return before;
}

void secure_descriptors() {
  // A standard stream that is closed would be taken by a socket, and a log line written to that.
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
  }
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null) ::dup2(null.get(), STDIN_FILENO);
  ::close_range(3, std::numeric_limits<unsigned>::max(), CLOSE_RANGE_CLOEXEC);
}

void close_descriptors_except(int fd) {
  const auto kept = static_cast<unsigned>(fd);
  if (kept > 3) ::close_range(3, kept - 1, 0);
  ::close_range(kept + 1, std::numeric_limits<unsigned>::max(), 0);
}

void silence_output() {
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!null) return;
  ::dup2(null.get(), STDOUT_FILENO);
  ::dup2(null.get(), STDERR_FILENO);
}

std::expected<Daemon, std::string> Daemon::detach(bool keep_umask) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failed("pipe2");
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failed("fork");
  if (child > 0) {
    writer.reset();
    char byte = 0;
    // The child says so when it serves; if it ends instead, it has said why.
    const bool ready = ::read(reader.get(), &byte, 1) == 1;
    ::_exit(ready ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  ::setsid();
  if (::chdir("/") < 0) return failed("chdir");
  if (!keep_umask) ::umask(022);
  return Daemon(std::move(writer));
}

void Daemon::report_ready() {
  static_cast<void>(!::write(pipe_.get(), "", 1));
  pipe_.reset();
}

std::expected<void, std::string> PidFile::check_free(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return failed(fmt::format("cannot read the pid file \"{}\"", path));
  std::array<char, 32> text{};
  const ssize_t length = ::read(fd.get(), text.data(), text.size());
  if (length == 0) return {};  // who made it was killed before it wrote

  pid_t pid = 0;
  const char* const end = text.data() + std::max<ssize_t>(length, 0);
  const auto [rest, error] = std::from_chars(text.data(), end, pid);
  const bool is_number = error == std::errc() && (rest == end || *rest == '\n') && pid > 0;
  if (!is_number) {
    return std::unexpected(
        fmt::format("\"{}\" exists and is no pid file; name another one or remove it", path));
  }
  // We have our own number from one who is gone, as is usual in a container that starts again.
  if (pid == ::getpid() || (::kill(pid, 0) < 0 && errno == ESRCH)) return {};
  return std::unexpected(fmt::format(
      "The pid file \"{}\" exists, and process {} runs; if that is no bus, remove the file", path,
      pid));
}

std::expected<PidFile, std::string> PidFile::create(const std::string& path) {
  TRY_VOID(check_free(path));
  ::unlink(path.c_str());
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return failed(fmt::format("cannot write the pid file \"{}\"", path));
  PidFile file(path);
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return failed(fmt::format("cannot write the pid file \"{}\"", path));
  }
  return file;
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string random_hex(std::size_t bytes) {
  return wire::to_hex(as_bytes(io::random_bytes(bytes)));
}

bool is_notify_wanted() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void notify(const std::string& state, io::WhenFull when_full) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  const auto socket = io::datagram_socket();
  // That it is not told is no reason to do anything else.
  if (socket) static_cast<void>(io::send_datagram(*socket, path, state, when_full).has_value());
}

}  // namespace headway::daemon
