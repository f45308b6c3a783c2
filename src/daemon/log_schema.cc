// SPDX-License-Identifier: MIT
#include "daemon/log_schema.h"

#include <array>
#include <utility>

#include "base/assert.h"

namespace headway::daemon {
namespace {

using broker::LogField;
using broker::LogKind;

// What may be an attack goes where authentication is logged, at the severity that dbus-daemon
// gives it: a notice.
constexpr auto kinds = std::to_array<LogKindFacts>({
    {LogKind::refused_by_policy, "0f09d076ce1a4a639eed40110d8fcfe0",
     "The policy of the bus refused something", Priority::notice, Facility::auth},
    {LogKind::refused_by_lsm, "6dc2970176934622bc3955b878deedb4",
     "A security module refused something", Priority::notice, Facility::auth},
    {LogKind::refused_by_quota, "bc92203cf6524f3e8da6856332671dd4", "A limit of the bus is reached",
     Priority::warning},
    {LogKind::refused_by_bus, "733ae449901f47b9bc5c4c15581e8676",
     "The bus refused what no configuration can allow", Priority::notice, Facility::auth},
    {LogKind::would_refuse, "10a90f7e153e41c9beaf7a655073ad24",
     "A message was let through that is to be refused one day", Priority::notice, Facility::auth},
    {LogKind::connection_ended, "dbb7354ac7544166a15b810e1a245229", "The bus ended a connection",
     Priority::notice, Facility::auth},
    {LogKind::failure_forged, "135e5320528c46e796df54a4c0d574c6",
     "Somebody spoke in the name of systemd", Priority::notice, Facility::auth},
    {LogKind::messages_lost, "c687b6dd8c4f4364935cb87cca7c1d40", "Messages were lost",
     Priority::warning},
    {LogKind::accepting_paused, "9240c431597a4570be2ebd3af7de4299",
     "The bus takes no new connections for the time being", Priority::warning},
    {LogKind::start_requested, "37d86f4f9cc742cc84271b9c6bbeae64", "A service is being started",
     Priority::info},
    {LogKind::start_succeeded, "767be22a353c40d080d154d493e59bc3", "A service has started",
     Priority::info},
    {LogKind::start_failed, "15882d76659344ab877b56d358360d50", "A service did not start",
     Priority::warning},
    {LogKind::configuration_reloaded, "ee73335890f44ec4ad24a76d63fb3c13",
     "The bus has a new configuration", Priority::info},
    {LogKind::configuration_refused, "9f65c09ec34644b4a851fe88afa82f42",
     "The bus keeps its old configuration", Priority::warning},
    {LogKind::configuration_doubtful, "67dc3219fb3245c992310c086a545d52",
     "A part of the configuration has no effect", Priority::warning},
    {LogKind::environment_refused, "3c8a7f6998014278bebe15c1bcbee64c",
     "A variable for started services was not taken", Priority::warning},
    {LogKind::login_impossible, "0ee799ff8413449eb174cf5975faadee", "A way to log in does not work",
     Priority::warning},
    {LogKind::sandbox_incomplete, "2fcb4b046e7b4356bbf14c9ae6cc2892",
     "The bus runs with less protection than it could have", Priority::warning},
    {LogKind::audit_record, "b173954db5ac4a388f551b3a9eb9c224",
     "A security module has something to record", Priority::notice, Facility::auth},
    {LogKind::entries_dropped, "8dbb09910046438d99457cd40c7c9085", "Log entries are missing",
     Priority::warning},
    {LogKind::bus_failed, "81cdc560df8045d2ac4a97a015766b8f", "The bus does not run",
     Priority::critical},
});

constexpr auto fields = std::to_array<LogFieldFacts>({
    {LogField::message_type, "DBUS_MESSAGE_TYPE"},
    {LogField::path, "DBUS_PATH"},
    {LogField::interface, "DBUS_INTERFACE"},
    {LogField::member, "DBUS_MEMBER"},
    {LogField::error_name, "DBUS_ERROR_NAME"},
    {LogField::destination, "DBUS_DESTINATION"},
    {LogField::serial, "DBUS_SERIAL"},
    {LogField::reply_serial, "DBUS_REPLY_SERIAL"},
    {LogField::layer, "HEADWAY_LAYER"},
    {LogField::rule, "HEADWAY_RULE"},
    {LogField::rule_file, "HEADWAY_RULE_FILE"},
    {LogField::rule_line, "HEADWAY_RULE_LINE"},
    {LogField::each_overridden, "HEADWAY_OVERRIDDEN"},
    {LogField::limit, "HEADWAY_LIMIT"},
    {LogField::limit_value, "HEADWAY_LIMIT_VALUE"},
    {LogField::holder, "HEADWAY_HOLDER"},
    {LogField::holder_uid, "HEADWAY_HOLDER_UID"},
    {LogField::name, "HEADWAY_NAME"},
    {LogField::sender, "HEADWAY_SENDER"},
    {LogField::each_sender_name, "HEADWAY_SENDER_NAME"},
    {LogField::sender_uid, "HEADWAY_SENDER_UID"},
    {LogField::sender_pid, "HEADWAY_SENDER_PID"},
    {LogField::sender_label, "HEADWAY_SENDER_LABEL"},
    {LogField::sender_comm, "HEADWAY_SENDER_COMM"},
    {LogField::receiver, "HEADWAY_RECEIVER"},
    {LogField::each_receiver_name, "HEADWAY_RECEIVER_NAME"},
    {LogField::receiver_uid, "HEADWAY_RECEIVER_UID"},
    {LogField::receiver_pid, "HEADWAY_RECEIVER_PID"},
    {LogField::receiver_label, "HEADWAY_RECEIVER_LABEL"},
    {LogField::receiver_comm, "HEADWAY_RECEIVER_COMM"},
    {LogField::service, "HEADWAY_SERVICE"},
    {LogField::unit, "HEADWAY_UNIT"},
    {LogField::error, "HEADWAY_ERROR"},
    {LogField::reason, "HEADWAY_REASON"},
    {LogField::count, "HEADWAY_COUNT"},
    {LogField::bus_type, "HEADWAY_BUS"},
    {LogField::bus_id, "HEADWAY_BUS_ID"},
});

consteval bool are_in_order() {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (static_cast<std::size_t>(fields[i].field) != i) return false;
  }
  return kinds.back().kind == broker::last_log_kind &&
         fields.back().field == broker::last_log_field;
}
static_assert(are_in_order(), "every kind and every field once, in the order of its enum");

}  // namespace

std::span<const LogKindFacts> log_kinds() { return kinds; }

const LogKindFacts& facts_of(broker::LogKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::span<const LogFieldFacts> log_fields() { return fields; }

std::string_view name_of(broker::LogField field) {
  return fields[static_cast<std::size_t>(field)].name;
}

}  // namespace headway::daemon
