// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "broker/log_entry.h"
#include "daemon/command_line.h"
#include "daemon/log_filter.h"
#include "daemon/log_format.h"
#include "daemon/system_log.h"

namespace headway::daemon {

/// Where a log goes, as the command line says, or the configuration if that says nothing (CONF-018,
/// TOOL-004).
struct LogTargets {
  bool to_stderr = true;
  bool to_system = false;
  bool operator==(const LogTargets&) const = default;
};
[[nodiscard]] LogTargets log_targets(CommandLine::Syslog option, bool configured);

/// Whether stderr ends in the journal (JOURNAL_STREAM).
[[nodiscard]] bool is_stderr_in_journal();

/// The bus's log. Never waits for a reader: what a full pipe or a stuck journal does not take is
/// lost, and counted. An entry that the journal has is not written to stderr as well if stderr
/// leads to the journal.
class Log {
 public:
  Log(LogOrigin origin, LogTargets targets, SystemLog system = SystemLog());
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void write(broker::LogEntry entry, Time now);
  void write(broker::LogKind kind, std::string text, Time now) {
    write({.kind = kind, .text = std::move(text), .fields = {}}, now);
  }
  /// Writes what next_deadline() was about.
  void advance(Time now);
  [[nodiscard]] std::optional<Time> next_deadline() const {
    return earlier(filter_.next_deadline(), system_.next_deadline());
  }

  [[nodiscard]] LogTargets targets() const { return targets_; }
  void set_origin(LogOrigin origin) { origin_ = std::move(origin); }

 private:
  void put(const LogFilter::Entries& entries, Time now);
  void put_on_stderr(const std::string& text);

  LogOrigin origin_;
  LogTargets targets_;
  bool stderr_in_journal_;
  LogFilter filter_;
  SystemLog system_;
  std::uint64_t lost_ = 0;  // on stderr
};

}  // namespace headway::daemon
