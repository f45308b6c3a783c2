// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "broker/log_entry.h"

/// What programs and administrators may rely on in the log: ids, severities and field names. They
/// never change; docs/log.md and packaging/headway.catalog say the same, and a test sees to that.
namespace headway::daemon {

/// As syslog has them (LOG_DEBUG ... are macros of <syslog.h>, and say the same).
enum class Priority : std::uint8_t { critical = 2, warning = 4, notice = 5, info = 6 };
enum class Facility : std::uint8_t { daemon = 3, auth = 4 };

struct LogKindFacts {
  broker::LogKind kind;
  std::string_view id;     // MESSAGE_ID, 32 hex digits
  std::string_view title;  // for the catalog
  Priority priority;
  Facility facility = Facility::daemon;
};
/// Every kind, in the order of the enum.
[[nodiscard]] std::span<const LogKindFacts> log_kinds();
[[nodiscard]] const LogKindFacts& facts_of(broker::LogKind kind);

struct LogFieldFacts {
  broker::LogField field;
  std::string_view name;
};
[[nodiscard]] std::span<const LogFieldFacts> log_fields();
[[nodiscard]] std::string_view name_of(broker::LogField field);

}  // namespace headway::daemon
