// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/effects.h"

namespace headway::daemon {

/// Decides which lines a log gets, so that nobody can flood it: an entry that repeats the one
/// before is counted instead of written, and no more than `lines_per_second` are written for long.
/// What was held back is summed up in a line of its own. Pure; the caller brings the time.
class LogFilter {
 public:
  static constexpr int burst_lines = 200;
  static constexpr int lines_per_second = 20;
  static constexpr std::size_t line_bytes_max = 2048;
  static constexpr Duration fold_for = std::chrono::seconds(10);

  /// The lines to write now, none or more.
  [[nodiscard]] std::vector<std::string> take(std::string_view text, Time now);
  /// What has been held back for long enough, or at the end: all of it.
  [[nodiscard]] std::vector<std::string> due(Time now);
  [[nodiscard]] std::vector<std::string> finish();
  /// When due() next has something.
  [[nodiscard]] std::optional<Time> next_deadline() const;

 private:
  void refill(Time now);
  void end_fold(std::vector<std::string>& lines);

  std::string last_;
  Time last_written_{};
  std::uint64_t repeats_ = 0;
  std::uint64_t suppressed_ = 0;
  double tokens_ = burst_lines;
  Time refilled_{};
};

/// The bus's log: lines on stderr behind a prefix that says which bus it is (PROC-007). Never waits
/// for a reader: what a full pipe does not take is lost, and counted.
class Log {
 public:
  explicit Log(std::string prefix) : prefix_(std::move(prefix)) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void write(const broker::LogEntry& entry, Time now);
  void info(std::string text, Time now) { say(broker::Severity::info, std::move(text), now); }
  void warning(std::string text, Time now) { say(broker::Severity::warning, std::move(text), now); }
  /// Writes what next_deadline() was about.
  void advance(Time now);
  [[nodiscard]] std::optional<Time> next_deadline() const { return filter_.next_deadline(); }

  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

 private:
  void say(broker::Severity severity, std::string text, Time now);
  void put(const std::vector<std::string>& lines);

  std::string prefix_;
  LogFilter filter_;
  std::uint64_t lost_ = 0;
};

}  // namespace headway::daemon
