// SPDX-License-Identifier: MIT
#include "tool/monitor_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headway::tool {
namespace {

using Of = MonitorOptions::Of;
using Form = MonitorOptions::Form;

auto parse(const std::vector<const char*>& arguments) { return parse_monitor(arguments); }

TEST(MonitorOptions, TheSessionBusInFullIsWhatIsMeant) {  // TOOL-016
  const auto options = parse({});

  EXPECT_EQ(options->of, Of::session);
  EXPECT_EQ(options->form, Form::text);
  EXPECT_TRUE(options->rules.empty());
}

TEST(MonitorOptions, RulesAndOptionsStandAnywhere) {
  const auto options =
      parse({"", "--profile", "a='b'", "--", "--pcap", "--address", "unix:x", "c"});

  ASSERT_TRUE(options);
  EXPECT_EQ(options->of, Of::address);
  EXPECT_EQ(options->address, "unix:x");
  EXPECT_EQ(options->form, Form::pcap);
  EXPECT_EQ(options->rules, (std::vector<std::string>{"", "a='b'", "c"}));
}

TEST(MonitorOptions, OneBusIsEnough) {
  for (const auto& line :
       {std::vector{"--session", "--system"}, std::vector{"--system", "--system"},
        std::vector{"--address", "x", "--session"}}) {
    EXPECT_EQ(parse(line).error().text, "I only support monitoring one bus at a time!");
  }
}

TEST(MonitorOptions, UnknownOnesAreNoRules) {
  for (const char* const word : {"-", "--bogus", "--address=x"}) {
    EXPECT_EQ(parse({word}).error().text, std::string("unknown option ") + word);
  }
  EXPECT_EQ(parse({"--address"}).error().text, "--address needs an address");
  EXPECT_TRUE(parse({"x", "--help"}).error().is_help);
}

}  // namespace
}  // namespace headway::tool
