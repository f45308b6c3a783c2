// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <deque>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/time.h"
#include "broker/log_entry.h"
#include "daemon/log_format.h"

namespace headway::daemon {

/// The machine's log: the journal in its own protocol where there is one, else whoever listens for
/// syslog. Looked for anew with each entry, so that either may come, go and restart.
///
/// Never waits. What a full receiver does not take is kept, `kept_max` entries at most, and sent
/// later in the same order; what nobody receives is lost. Own code instead of sd_journal_sendv()
/// and syslog(), because both wait for a receiver that has stopped reading.
class SystemLog {
 public:
  struct Paths {
    std::string journal = "/run/systemd/journal/socket";
    std::string syslog = "/dev/log";
  };
  static constexpr std::size_t kept_max = 256;
  static constexpr Duration retry_first = std::chrono::milliseconds(50);
  static constexpr Duration retry_last = std::chrono::seconds(5);

  SystemLog() : SystemLog(Paths{}) {}
  explicit SystemLog(Paths paths) : paths_(std::move(paths)) {}

  enum class Outcome : std::uint8_t { by_journal, by_syslog, kept, lost };
  Outcome write(const broker::LogEntry& entry, const LogOrigin& origin, Time now);

  /// Tries again to send what is kept.
  void advance(Time now);
  [[nodiscard]] std::optional<Time> next_deadline() const;

 private:
  struct Kept {
    broker::LogEntry entry;
    LogOrigin origin;
    std::tm when;
  };

  Outcome send(const Kept& entry);
  void wait(Time now);
  bool report_lost(const Kept& like);

  Paths paths_;
  Fd socket_;
  std::deque<Kept> kept_;
  Time retry_at_{};
  Duration retry_delay_ = retry_first;
  std::uint64_t lost_ = 0;  // since somebody has been told
};

}  // namespace headway::daemon
