// SPDX-License-Identifier: MIT
#include "tool/watch_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tool/monitor_line.h"
#include "tool/traffic_testing.h"
#include "wire/match_rule.h"

namespace headway::tool {
namespace {

constexpr WallTime noon{std::chrono::seconds(1'700'000'000)};
constexpr std::string_view clock_name = "a.clock";

message changed(std::int32_t hour, bool has_invalidated = false) {
  auto what = message_builder::signal("/c", "org.freedesktop.DBus.Properties", "PropertiesChanged");
  what.sender(":1.1").string("a.Clock1").open_array("{sv}");
  what.open_dict_entry().string("Hour").open_variant("i").int32(hour).close().close();
  what.close().open_array("s");
  if (has_invalidated) what.string("Zone");
  return what.close().build();
}

message object_signal(std::string_view path, bool is_there) {
  auto what = message_builder::signal("/", "org.freedesktop.DBus.ObjectManager",
                                      is_there ? "InterfacesAdded" : "InterfacesRemoved");
  what.sender(":1.1").object_path(path);
  if (!is_there) return what.open_array("s").string("a.Clock1").close().build();
  what.open_array("{sa{sv}}").open_dict_entry().string("a.Clock1").open_array("{sv}");
  what.open_dict_entry().string("Hour").open_variant("i").int32(1).close().close();
  return what.close().close().close().build();
}

message zone_of(std::string_view zone) {
  return message_builder::signal("/", "a.b", "C").open_variant("s").string(zone).close().build();
}

/// What is told, without the times at the start of lines.
struct Watcher {
  explicit Watcher(WatchScope scope = {}, bool is_json = false)
      : words(std::move(scope), Output(is_json, false), [this](auto, auto, auto, auto name) {
          asked += name;
          return answer;
        }) {}

  std::string tell(const message& what) {
    std::string told = words.tell(what, clock_name, noon);
    const std::string time = time_of_day(noon) + " ";
    for (auto at = told.find(time); at != std::string::npos; at = told.find(time)) {
      told.erase(at, time.size());
    }
    return told;
  }

  std::optional<message> answer;
  std::string asked;
  WatchWords words;
};

TEST(WatchWords, APropertyHasAValueAndHadOneBefore) {
  Watcher watcher;
  EXPECT_EQ(watcher.tell(changed(20)), "a.clock /c: Hour = 20\n");
  EXPECT_EQ(watcher.tell(changed(31)), "a.clock /c: Hour 20 -> 31\n");
  watcher.words.forget(":1.1");
  EXPECT_EQ(watcher.tell(changed(32)), "a.clock /c: Hour = 32\n");
}

TEST(WatchWords, ValuesAreKnownFromGetAll) {
  Watcher watcher;
  const message reply = message_builder::signal("/c", "a.b", "C")
                            .open_array("{sv}")
                            .open_dict_entry()
                            .string("Hour")
                            .open_variant("i")
                            .int32(5)
                            .close()
                            .close()
                            .close()
                            .build();
  auto values = reply.body();
  watcher.words.learn(":1.1", "/c", "a.Clock1", values);
  EXPECT_EQ(watcher.tell(changed(6)), "a.clock /c: Hour 5 -> 6\n");
}

TEST(WatchWords, AValueThatIsNotToldIsAskedFor) {
  Watcher watcher;
  watcher.answer = zone_of("UTC");
  EXPECT_EQ(watcher.tell(changed(1, true)), "a.clock /c: Hour = 1\na.clock /c: Zone = \"UTC\"\n");
  EXPECT_EQ(watcher.asked, "Zone");
  watcher.answer = zone_of("CET");
  EXPECT_EQ(watcher.tell(changed(2, true)),
            "a.clock /c: Hour 1 -> 2\na.clock /c: Zone \"UTC\" -> \"CET\"\n");
  watcher.answer.reset();
  EXPECT_EQ(watcher.tell(changed(3, true)), "a.clock /c: Hour 2 -> 3\na.clock /c: Zone changed\n");
}

TEST(WatchWords, ObjectsAppearWithTheirValuesAndVanish) {
  Watcher watcher;
  EXPECT_EQ(watcher.tell(object_signal("/c", true)), "a.clock /c: appeared with a.Clock1\n");
  EXPECT_EQ(watcher.tell(changed(2)), "a.clock /c: Hour 1 -> 2\n");
  EXPECT_EQ(watcher.tell(object_signal("/c", false)), "a.clock /c: a.Clock1 vanished\n");
  EXPECT_EQ(watcher.tell(changed(3)), "a.clock /c: Hour = 3\n");
}

TEST(WatchWords, NamesOfServicesAppearPassAndVanish) {
  using testing::name_owner_changed;
  Watcher watcher;
  EXPECT_EQ(watcher.tell(name_owner_changed("a.b", "", ":1.1")), "a.b: appeared as :1.1\n");
  EXPECT_EQ(watcher.tell(name_owner_changed("a.b", ":1.1", ":1.2")),
            "a.b: passed from :1.1 to :1.2\n");
  EXPECT_EQ(watcher.tell(name_owner_changed("a.b", ":1.2", "")), "a.b: vanished\n");
  EXPECT_EQ(watcher.tell(name_owner_changed(":1.2", ":1.2", "")), "");
}

TEST(WatchWords, OtherSignalsAreWhatTheyAre) {
  Watcher watcher;
  EXPECT_EQ(watcher.tell(testing::signal_of(":1.1")), "a.clock /p/q: S()\n");
  EXPECT_EQ(watcher.tell(testing::call_of(":1.1", "a.b")), "");
}

TEST(WatchWords, WhatIsOutsideTheScopeIsNotTold) {
  Watcher path({.path = "/p"});
  EXPECT_EQ(path.tell(changed(1)), "");
  EXPECT_EQ(path.tell(object_signal("/c", true)), "");
  EXPECT_NE(path.tell(testing::signal_of(":1.1")), "");
  EXPECT_NE(path.tell(object_signal("/p/x", true)), "");

  Watcher interface({.interface = "a.Clock1"});
  EXPECT_EQ(interface.tell(testing::signal_of(":1.1")), "");
  EXPECT_NE(interface.tell(changed(1)), "");
  EXPECT_NE(interface.tell(object_signal("/c", true)), "");
  EXPECT_EQ(Watcher({.interface = "a.Other"}).tell(changed(1)), "");
}

TEST(WatchWords, AsJsonHasTheValuesWithTheirTypes) {
  Watcher watcher({}, true);
  EXPECT_NE(watcher.tell(changed(1)), "");
  EXPECT_EQ(watcher.tell(changed(2)),
            R"({"time_usec":1700000000000000,"kind":"property","sender":":1.1","path":"/c",)"
            R"("interface":"a.Clock1","property":"Hour","before":{"type":"i","data":1},)"
            R"("value":{"type":"i","data":2}})"
            "\n");
}

TEST(WatchWords, NothingSteersTheTerminal) {
  Watcher watcher;
  auto what = message_builder::signal("/c", "org.freedesktop.DBus.Properties", "PropertiesChanged");
  what.sender(":1.1").string("a.b").open_array("{sv}").open_dict_entry().string("\033[1m");
  what.open_variant("s").string("\033[2m").close().close().close().open_array("s").close();
  EXPECT_EQ(watcher.tell(what.build()).find('\033'), std::string::npos);
}

TEST(WatchScope, AsksForNoMoreThanItTells) {
  const auto rules = WatchScope{.service = "a.b", .path = "/p", .interface = "a.I"}.rules();
  EXPECT_EQ(rules.size(), 4);
  for (const std::string& rule : rules) {
    EXPECT_TRUE(wire::parse_match_rule(rule)) << rule;
    EXPECT_NE(rule.find("a.b"), std::string::npos) << rule;
  }
  EXPECT_EQ(WatchScope{}.rules(), (std::vector<std::string>{"type='signal'"}));
}

}  // namespace
}  // namespace headway::tool
