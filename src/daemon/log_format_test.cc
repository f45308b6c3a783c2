// SPDX-License-Identifier: MIT
#include "daemon/log_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace headway::daemon {
namespace {

using broker::LogEntry;
using broker::LogField;
using broker::LogKind;

const LogOrigin origin{.prefix = "[system] ", .bus_type = "system", .bus_id = "ab", .pid = 17};

using Fields = std::multimap<std::string, std::string>;

/// Reads a datagram as the journal does; anything it would not understand gives no fields.
Fields parse(std::string_view datagram) {
  Fields fields;
  while (!datagram.empty()) {
    const std::size_t end = datagram.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = datagram.substr(0, end);
    const std::size_t equals = line.find('=');
    datagram.remove_prefix(end + 1);
    if (equals != std::string_view::npos) {
      fields.emplace(line.substr(0, equals), line.substr(equals + 1));
      continue;
    }
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      size |= std::uint64_t{static_cast<std::uint8_t>(datagram.at(i))} << (8 * i);
    }
    fields.emplace(line, datagram.substr(8, size));
    if (datagram.at(8 + size) != '\n') return {};
    datagram.remove_prefix(8 + size + 1);
  }
  return fields;
}

std::vector<std::string> values(const Fields& fields, const std::string& name) {
  std::vector<std::string> result;
  const auto [begin, end] = fields.equal_range(name);
  for (auto at = begin; at != end; ++at) result.push_back(at->second);
  return result;
}

TEST(JournalDatagram, HasTheTextWhatItIsAboutAndWhereItComesFrom) {
  const Fields fields =
      parse(journal_datagram({.kind = LogKind::refused_by_policy,
                              .text = "no",
                              .fields = {{LogField::member, "M"}, {LogField::rule_line, "7"}}},
                             origin));
  const Fields wanted{{"MESSAGE", "[system] no"},
                      {"MESSAGE_ID", "0f09d076ce1a4a639eed40110d8fcfe0"},
                      {"PRIORITY", "5"},
                      {"SYSLOG_FACILITY", "4"},
                      {"SYSLOG_IDENTIFIER", "headwayd"},
                      {"HEADWAY_BUS", "system"},
                      {"HEADWAY_BUS_ID", "ab"},
                      {"DBUS_MEMBER", "M"},
                      {"HEADWAY_RULE_LINE", "7"}};
  EXPECT_EQ(fields, wanted);
}

TEST(JournalDatagram, NoValueMakesAFieldOfItsOwn) {
  const std::string hostile = "M\nPRIORITY=0\n\nMESSAGE=forged";
  const Fields fields = parse(journal_datagram(
      {.kind = LogKind::start_failed, .text = "x", .fields = {{LogField::sender_label, hostile}}},
      origin));
  EXPECT_THAT(values(fields, "HEADWAY_SENDER_LABEL"), testing::ElementsAre(hostile));
  EXPECT_THAT(values(fields, "PRIORITY"), testing::ElementsAre("4"));
  EXPECT_EQ(values(fields, "MESSAGE").size(), 1u);
}

TEST(JournalDatagram, AFieldMayAppearOncePerValue) {
  const Fields fields = parse(journal_datagram(
      {.kind = LogKind::refused_by_policy,
       .text = "x",
       .fields = {{LogField::each_overridden, "a:1"}, {LogField::each_overridden, "b:2"}}},
      origin));
  EXPECT_THAT(values(fields, "HEADWAY_OVERRIDDEN"), testing::ElementsAre("a:1", "b:2"));
}

TEST(JournalDatagram, NamesTheProcessThatTheEntryIsAboutAsTheJournalWants) {
  const Fields fields = parse(journal_datagram(
      {.kind = LogKind::connection_ended, .text = "x", .fields = {{LogField::sender_pid, "12"}}},
      origin));
  EXPECT_THAT(values(fields, "OBJECT_PID"), testing::ElementsAre("12"));
}

TEST(JournalDatagram, FitsInADatagramHoweverMuchThereIsToSay) {
  LogEntry entry{.kind = LogKind::refused_by_policy, .text = "x", .fields = {}};
  for (int i = 0; i < 1000; ++i) {
    entry.fields.emplace_back(LogField::each_overridden, std::string(100'000, '\n'));
  }
  const std::string datagram = journal_datagram(entry, origin);
  EXPECT_LT(datagram.size(), 100'000u);
  EXPECT_EQ(values(parse(datagram), "HEADWAY_OVERRIDDEN").size(), log_fields_max);
}

TEST(SyslogDatagram, LooksAsSyslog3MakesIt) {
  const std::tm when{
      .tm_sec = 5, .tm_min = 41, .tm_hour = 2, .tm_mday = 1, .tm_mon = 10, .tm_year = 125};
  EXPECT_EQ(syslog_datagram({.kind = LogKind::configuration_reloaded, .text = "text", .fields = {}},
                            origin, when),
            "<30>Nov  1 02:41:05 headwayd[17]: [system] text");
}

// What dbus-daemon says of the same things: DBUS_SYSTEM_LOG_SECURITY is auth.notice.
TEST(SyslogDatagram, HasTheFacilityAndSeverityThatDbusDaemonGives) {
  const auto code = [](LogKind kind) {
    const std::string datagram =
        syslog_datagram({.kind = kind, .text = "x", .fields = {}}, origin, std::tm{});
    return datagram.substr(0, datagram.find('>') + 1);
  };
  EXPECT_EQ(code(LogKind::refused_by_policy), "<37>");
  EXPECT_EQ(code(LogKind::refused_by_quota), "<28>");
  EXPECT_EQ(code(LogKind::start_requested), "<30>");
  EXPECT_EQ(code(LogKind::bus_failed), "<26>");
}

}  // namespace
}  // namespace headway::daemon
