// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace headway::broker {

/// What a log entry is about. Each has an id that never changes, a severity and words for
/// administrators: daemon/log_schema.cc, docs/log.md and packaging/headway.catalog list them all.
enum class LogKind : std::uint8_t {
  refused_by_policy,
  refused_by_lsm,
  refused_by_quota,
  refused_by_bus,
  would_refuse,  // an allowing rule with log="true" (POL-038)
  connection_ended,
  failure_forged,  // somebody else than systemd says that a unit failed
  messages_lost,
  accepting_paused,
  start_requested,
  start_succeeded,
  start_failed,
  configuration_reloaded,
  configuration_refused,
  configuration_doubtful,
  environment_refused,
  login_impossible,
  sandbox_incomplete,
  audit_record,  // that the audit system did not take
  entries_dropped,
  bus_failed,
};
inline constexpr LogKind last_log_kind = LogKind::bus_failed;

/// The facts of an entry for programs, each at most once except for those called "each". A name
/// that stands for no field cannot be written down, so nobody can make up a field.
enum class LogField : std::uint8_t {
  // of the refused message
  message_type,
  path,
  interface,
  member,
  error_name,
  destination,
  serial,
  reply_serial,
  // of the verdict
  layer,
  rule,
  rule_file,
  rule_line,
  each_overridden,
  limit,
  limit_value,
  holder,
  holder_uid,
  name,
  // of the sides
  sender,
  each_sender_name,
  sender_uid,
  sender_pid,
  sender_label,
  sender_comm,
  receiver,
  each_receiver_name,
  receiver_uid,
  receiver_pid,
  receiver_label,
  receiver_comm,
  // of others
  service,
  unit,
  error,
  reason,
  count,
  bus_type,
  bus_id,
};
inline constexpr LogField last_log_field = LogField::bus_id;

/// One thing worth telling the administrator. Texts are whole sentences; `fields` are the same
/// facts for programs.
struct LogEntry {
  LogKind kind = LogKind::bus_failed;
  std::string text;
  std::vector<std::pair<LogField, std::string>> fields;
};

}  // namespace headway::broker
