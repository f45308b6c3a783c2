// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>

#include <expected>
#include <string>

#include "base/fd.h"
#include "config/account.h"
#include "io/datagram.h"

/// What a daemon does to its own process (PROC-001 .. PROC-005).
namespace headway::daemon {

/// Becomes this user for good, with that user's primary group alone and no capabilities but
/// CAP_AUDIT_WRITE, if that is to be kept and is there.
[[nodiscard]] std::expected<void, std::string> become(const config::Account& user,
                                                      bool keeps_audit);

/// Raises RLIMIT_NOFILE to its hard limit, for root to at least 65536; returns what it was.
rlimit raise_descriptor_limit();

/// stdin reads nothing; descriptors above stderr do not survive exec (PROC-003).
void secure_descriptors();
/// Standard streams stay as well.
void close_descriptors_except(int fd);
void silence_output();

/// Goes on in a child process while the caller's waits to end as the child says (PROC-002).
class Daemon {
 public:
  /// Returns in the child only. The umask becomes 022 unless it is to be kept.
  [[nodiscard]] static std::expected<Daemon, std::string> detach(bool keep_umask);
  /// The one who started us goes on.
  void report_ready();

 private:
  explicit Daemon(Fd pipe) : pipe_(std::move(pipe)) {}
  Fd pipe_;
};

/// A file with our pid in it, removed at the end (CONF-013). One that was left by a process that
/// was killed is in nobody's way: what counts is whether the process runs that it names.
class PidFile {
 public:
  /// Refuses if the file names a process that runs, or is no pid file at all.
  [[nodiscard]] static std::expected<void, std::string> check_free(const std::string& path);
  [[nodiscard]] static std::expected<PidFile, std::string> create(const std::string& path);
  PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PidFile& operator=(PidFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~PidFile();

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Random bytes as hex digits, two for each.
[[nodiscard]] std::string random_hex(std::size_t bytes);

/// Whether a service manager wants to be told (NOTIFY_SOCKET).
[[nodiscard]] bool is_notify_wanted();
/// Tells it (CONF-037); nothing if none wants to know. Waits until it has room, unless what is told
/// is not worth that.
void notify(const std::string& state, io::WhenFull when_full = io::WhenFull::wait);

}  // namespace headway::daemon
