// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ctime>
#include <string>

#include "broker/log_entry.h"

/// An entry as the two kinds of machine-wide log take it. The text of an entry has gone through
/// LogFilter: it is one line.
namespace headway::daemon {

/// Of which bus a log tells, and from which process.
struct LogOrigin {
  std::string prefix;  // before each text (PROC-007)
  std::string bus_type;
  std::string bus_id;  // empty: none yet
  int pid = 0;
};

inline constexpr const char* log_identifier = "headwayd";  // SYSLOG_IDENTIFIER, journalctl -t
inline constexpr std::size_t log_value_bytes_max = 1024;
inline constexpr std::size_t log_fields_max = 64;

/// In the journal's own protocol: fields by name. A value cannot end its field nor begin another,
/// whatever it contains; longer ones are cut, and what goes beyond log_fields_max is left out, so
/// that every entry fits in one datagram.
[[nodiscard]] std::string journal_datagram(const broker::LogEntry& entry, const LogOrigin& origin);

/// As syslog(3) writes it: "<37>Nov 21 22:41:51 headwayd[7366]: [system] text". `when` is local
/// time.
[[nodiscard]] std::string syslog_datagram(const broker::LogEntry& entry, const LogOrigin& origin,
                                          const std::tm& when);

}  // namespace headway::daemon
