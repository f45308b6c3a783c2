// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "tool/json.h"
#include "tool/output.h"
#include "tool/peer_book.h"
#include "tool/traffic.h"

namespace headway::tool {

/// Shows messages as `headway monitor` does: when, of what kind, from whom to whom, and what about.
class MonitorText {
 public:
  explicit MonitorText(const Output& output) : output_(output) {}

  /// One line, in columns as wide as those before. Of an answer: which member it answers and after
  /// how long.
  [[nodiscard]] std::string line(const Sighting& seen, const PeerBook& peers);
  /// That line without the values, which follow one by one.
  [[nodiscard]] std::string in_full(const Sighting& seen, const PeerBook& peers);

 private:
  [[nodiscard]] std::string head(const Sighting& seen, const PeerBook& peers);
  [[nodiscard]] std::string subject(const Sighting& seen) const;
  [[nodiscard]] std::string tail(const Sighting& seen) const;

  Output output_;
  std::size_t sender_columns_ = 20;
  std::size_t destination_columns_ = 20;
};

/// All of it for programs.
[[nodiscard]] JsonText json_of(const Sighting& seen, const PeerBook& peers);

/// The values of a message on one line, or the first of them.
[[nodiscard]] std::string short_values(const message& what);
/// At most that many bytes, and whole letters; "..." if there were more.
[[nodiscard]] std::string cut_text(std::string text, std::size_t bytes_max);

/// "14:03:12.345678", in the time zone of this machine.
[[nodiscard]] std::string time_of_day(WallTime when);
/// "420 us", "3.10 ms", "2.50 s".
[[nodiscard]] std::string latency_text(std::chrono::nanoseconds latency);

}  // namespace headway::tool
