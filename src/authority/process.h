// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace headway::authority {

/// One very process, not whatever has its number: two descriptors bind it, its directory in /proc,
/// through which another process is never read, and a pidfd that tells when it ends.
class Process {
 public:
  /// Whoever has this number now. The error is a text.
  [[nodiscard]] static std::expected<Process, std::string> of_pid(std::uint32_t pid);
  /// Whom a pidfd means that somebody handed over: it need not be one.
  [[nodiscard]] static std::expected<Process, std::string> of_pidfd(Fd pidfd);

  [[nodiscard]] std::uint32_t pid() const { return pid_; }
  /// In clock ticks since boot, as in /proc/PID/stat.
  [[nodiscard]] std::uint64_t start_time() const { return start_time_; }
  /// The real one, as it was when we looked.
  [[nodiscard]] std::uint32_t uid() const { return uid_; }
  /// Who named it gave a pidfd, not a number that may have changed hands meanwhile.
  [[nodiscard]] bool is_safe() const { return is_safe_; }
  [[nodiscard]] const std::shared_ptr<const Fd>& pidfd() const { return pidfd_; }

  /// It has not ended, and its real uid is still the same.
  [[nodiscard]] bool is_unchanged() const;
  /// Its systemd unit if that is one of the system's ("cron.service"), or nothing.
  [[nodiscard]] std::optional<std::string> system_unit() const;
  [[nodiscard]] bool has_no_new_privs() const;

 private:
  Process() = default;
  /// Nothing if it has ended.
  [[nodiscard]] std::optional<std::string> read(const char* file) const;
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] bool look();

  std::uint32_t pid_ = 0;
  std::uint64_t start_time_ = 0;
  std::uint32_t uid_ = 0;
  bool is_safe_ = false;
  std::shared_ptr<const Fd> pidfd_;
  std::shared_ptr<const Fd> directory_;
};

/// Of the text of a /proc/PID/stat: the 22nd field, behind a name that may hold anything.
[[nodiscard]] std::optional<std::uint64_t> start_time_of_stat(std::string_view text);
/// Of the text of a /proc/PID/status: what stands behind "Uid:" and the like.
[[nodiscard]] std::optional<std::uint64_t> field_of_status(std::string_view text,
                                                           std::string_view name);
/// Of the text of a /proc/PID/cgroup.
[[nodiscard]] std::optional<std::string> system_unit_of_cgroup(std::string_view text);

}  // namespace headway::authority
