// SPDX-License-Identifier: MIT
#include "tool/monitor_line.h"

#include <gtest/gtest.h>

#include <string>

#include "tool/traffic_testing.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;
using testing::call_of;
using testing::reply_of;

constexpr WallTime noon{1'700'000'000s + 42us};

/// Behind the time, which depends on where this runs.
std::string line_of(const message& what, Traffic& traffic, WallTime when = noon) {
  MonitorText text(Output(false, false));
  const std::string line = text.line(*traffic.judge(what, when), traffic.peers());
  return line.substr(time_of_day(noon).size());
}

message signal_with(const std::string& text) {
  return message_builder::signal("/p", "a.b", "S").sender(":1.1").string(text).build();
}

TEST(MonitorLine, SaysWhoToWhomAndWhatAbout) {
  Traffic traffic({});
  traffic.peers().own("a.clock", ":1.2");
  traffic.peers().at(":1.1").executable = "/usr/bin/client";

  EXPECT_EQ(line_of(call_of(":1.1", "a.clock"), traffic),
            " call   :1.1 client          > a.clock              /p a.b.M()\n");
  EXPECT_EQ(line_of(reply_of(":1.2", ":1.1"), traffic, noon + 1500us),
            " return a.clock              > :1.1 client          M()  1.50 ms\n");
  EXPECT_EQ(line_of(signal_with("x"), traffic),
            " signal :1.1 client          > (all)                /p a.b.S(\"x\")\n");
  EXPECT_EQ(line_of(reply_of(":1.2", ":1.1", 99), traffic),
            " return a.clock              > :1.1 client          (call 99)()\n");
}

TEST(MonitorLine, CutsValuesAndLetsNoneSteerTheTerminal) {
  Traffic traffic({});
  const std::string line = line_of(signal_with("\033[31m" + std::string(10'000, 'x')), traffic);
  EXPECT_EQ(line.find('\033'), std::string::npos);
  EXPECT_NE(line.find("\\u001b[31mxxx"), std::string::npos) << line;
  EXPECT_LT(line.size(), 300);
  EXPECT_TRUE(line.ends_with("...)\n")) << line;

  auto many = message_builder::signal("/p", "a.b", "S");
  many.sender(":1.1").open_array("u");
  for (std::uint32_t i = 0; i < 10'000; ++i) many.uint32(i);
  EXPECT_TRUE(line_of(many.close().uint32(7).build(), traffic).ends_with("S(au..., 7)\n"));
}

TEST(MonitorLine, InFullHasAllValuesBelowIt) {
  Traffic traffic({});
  const message what =
      message_builder::signal("/p", "a.b", "S").sender(":1.1").string("x\ny").uint32(5).build();
  MonitorText text(Output(false, false));
  const std::string shown = text.in_full(*traffic.judge(what, noon), traffic.peers());
  EXPECT_TRUE(shown.ends_with(" /p a.b.S\n    x\n    y\n    5\n")) << shown;
}

TEST(MonitorLine, AsJsonSaysAllThatIsKnown) {
  Traffic traffic({});
  traffic.peers().own("a.clock", ":1.2");
  traffic.peers().at(":1.1") = {.names = {}, .pid = 11, .uid = 5, .executable = "/usr/bin/client"};
  ASSERT_TRUE(traffic.judge(call_of(":1.1", "a.clock"), noon));
  const auto answer = traffic.judge(reply_of(":1.2", ":1.1"), noon + 3ms);
  EXPECT_EQ(
      json_of(*answer, traffic.peers()).text(),
      R"({"time_usec":1700000000003042,"type":"return","sender":":1.2","sender_names":["a.clock"],)"
      R"("destination":":1.1","destination_pid":11,"destination_uid":5,)"
      R"("destination_executable":"/usr/bin/client","serial":1,"reply_serial":7,)"
      R"("call":{"destination":"a.clock","path":"/p","interface":"a.b","member":"M"},)"
      R"("latency_usec":3000,"body":{"type":"","data":[]}})");
}

TEST(MonitorLine, LatenciesHaveAUnitThatFits) {
  EXPECT_EQ(latency_text(420us), "420 us");
  EXPECT_EQ(latency_text(3100us), "3.10 ms");
  EXPECT_EQ(latency_text(2500ms), "2.50 s");
}

}  // namespace
}  // namespace headway::tool
