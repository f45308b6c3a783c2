// SPDX-License-Identifier: MIT
#include "daemon/log_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "daemon/log_schema.h"

namespace headway::daemon {
namespace {

constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// A value with a line break is written behind its length, so that it stays one value.
void append_field(std::string& datagram, std::string_view name, std::string_view value) {
  datagram += name;
  if (!value.contains('\n')) {
    datagram.append("=").append(value).append("\n");
    return;
  }
  datagram += '\n';
  for (unsigned shift = 0; shift < 64; shift += 8) {
    datagram += static_cast<char>(std::uint64_t{value.size()} >> shift & 0xff);
  }
  datagram.append(value).append("\n");
}

}  // namespace

std::string journal_datagram(const broker::LogEntry& entry, const LogOrigin& origin) {
  const LogKindFacts& facts = facts_of(entry.kind);
  std::string datagram;
  append_field(datagram, "MESSAGE", origin.prefix + entry.text);
  append_field(datagram, "MESSAGE_ID", facts.id);
  append_field(datagram, "PRIORITY", std::to_string(std::to_underlying(facts.priority)));
  append_field(datagram, "SYSLOG_FACILITY", std::to_string(std::to_underlying(facts.facility)));
  append_field(datagram, "SYSLOG_IDENTIFIER", log_identifier);
  const auto put = [&](broker::LogField field, std::string_view value) {
    append_field(datagram, name_of(field), value.substr(0, log_value_bytes_max));
  };
  if (!origin.bus_type.empty()) put(broker::LogField::bus_type, origin.bus_type);
  if (!origin.bus_id.empty()) put(broker::LogField::bus_id, origin.bus_id);
  for (std::size_t i = 0; i < std::min(entry.fields.size(), log_fields_max); ++i) {
    const auto& [field, value] = entry.fields[i];
    put(field, value);
    // The journal itself finds out more about this process, if the bus runs as root.
    if (field == broker::LogField::sender_pid) append_field(datagram, "OBJECT_PID", value);
  }
  return datagram;
}

std::string syslog_datagram(const broker::LogEntry& entry, const LogOrigin& origin,
                            const std::tm& when) {
  const LogKindFacts& facts = facts_of(entry.kind);
  const int code = std::to_underlying(facts.facility) * 8 + std::to_underlying(facts.priority);
  return fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} {}[{}]: {}{}", code,
                     months.at(static_cast<std::size_t>(when.tm_mon)), when.tm_mday, when.tm_hour,
                     when.tm_min, when.tm_sec, log_identifier, origin.pid, origin.prefix,
                     entry.text);
}

}  // namespace headway::daemon
