// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/log_entry.h"

namespace headway::daemon {

/// `text` on one line and safe to show: control characters and what is no UTF-8 become \xNN.
[[nodiscard]] std::string one_line(std::string_view text);

/// Decides which entries a log gets, so that nobody can flood it: one whose text repeats that of a
/// recent one is counted instead of written, and each kind of entry has a rate of its own, so that
/// who causes many of one kind does not hide the others. What was held back is summed up in an
/// entry of its own. Makes texts one line of bounded length. Pure; the caller brings the time.
class LogFilter {
 public:
  static constexpr int burst_entries = 200;
  static constexpr int entries_per_second = 20;
  static constexpr std::size_t text_bytes_max = 2048;
  static constexpr Duration fold_for = std::chrono::seconds(10);
  static constexpr std::size_t folds_max = 32;  // texts that are remembered

  using Entries = std::vector<broker::LogEntry>;

  /// The entries to write now, none or more.
  [[nodiscard]] Entries take(broker::LogEntry entry, Time now);
  /// What has been held back for long enough, or at the end: all of it.
  [[nodiscard]] Entries due(Time now);
  [[nodiscard]] Entries finish();
  /// When due() next has something.
  [[nodiscard]] std::optional<Time> next_deadline() const;

 private:
  struct Fold {
    broker::LogEntry entry;
    Time written;
    std::uint64_t repeats = 0;
  };
  struct Bucket {
    double tokens = burst_entries;
    Time refilled{};
  };

  bool spend(Bucket& bucket, Time now);
  void end_first_fold(Entries& entries);
  void end_suppression(Entries& entries);

  std::deque<Fold> folds_;  // in the order written
  std::array<Bucket, static_cast<std::size_t>(broker::last_log_kind) + 1> buckets_;
  std::uint64_t suppressed_ = 0;
  Time suppressed_since_{};
};

}  // namespace headway::daemon
