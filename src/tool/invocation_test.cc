// SPDX-License-Identifier: MIT
#include "tool/invocation.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace headway::tool {
namespace {

using namespace std::literals;

constexpr std::array options{
    VerbOption{"--count", "-c", "N", WordKind::number, "how often"},
    VerbOption{"--kind", "", "KIND", WordKind::choice, "which", "red green"},
    VerbOption{"--quiet", "-q", "", WordKind::text, "say nothing"},
};
constexpr std::array words{
    VerbWord{"FIRST", WordKind::text, VerbWord::Count::one, "the first"},
    VerbWord{"SECOND", WordKind::text, VerbWord::Count::optional, "the second"},
};
constexpr Verb verb{.name = "try", .options = options, .words = words};
constexpr std::array command{VerbWord{"COMMAND", WordKind::command, VerbWord::Count::some, ""}};
constexpr Verb runner{.name = "run", .words = command, .options_stand = Verb::Options::first};

Outcome<Invocation> parse(const Verb& of, std::vector<const char*> arguments) {
  return Invocation::parse(of, arguments);
}
std::string fault(std::vector<const char*> arguments) {
  const auto how = parse(verb, std::move(arguments));
  if (how) return "none";
  EXPECT_EQ(how.error().status, exit_usage);
  return how.error().text;
}

TEST(Invocation, OptionsStandAnywhereAndTakeTheirValuesInThreeWays) {
  const auto how = parse(verb, {"--count=1", "a", "-c2", "--count", "3", "b", "-qc", "4"});

  ASSERT_TRUE(how);
  EXPECT_EQ(how->words(), (std::vector{"a"sv, "b"sv}));
  EXPECT_EQ(how->values("--count"), (std::vector{"1"sv, "2"sv, "3"sv, "4"sv}));
  EXPECT_EQ(how->value("--count"), "4");
  EXPECT_TRUE(how->has("--quiet"));
  EXPECT_FALSE(how->has("--kind"));
}

TEST(Invocation, WhatFollowsTwoDashesAndNegativeNumbersAreWords) {
  EXPECT_EQ(parse(verb, {"-5", "--", "--quiet"})->words(), (std::vector{"-5"sv, "--quiet"sv}));
  EXPECT_EQ(parse(verb, {"-"})->words(), (std::vector{"-"sv}));
}

TEST(Invocation, BehindACommandNothingIsAnOption) {
  const auto how = parse(runner, {"-v", "ls", "--json"});

  ASSERT_TRUE(how);
  EXPECT_EQ(how->words(), (std::vector{"ls"sv, "--json"sv}));
  EXPECT_TRUE(how->has("--verbose"));
}

TEST(Invocation, WhatMakesNoSenseIsSaidInOneLine) {
  EXPECT_EQ(fault({}), "FIRST is missing; see: headway help try");
  EXPECT_EQ(fault({"a", "b", "c"}), "\"c\" is one word too many; see: headway help try");
  EXPECT_EQ(fault({"--nothing=1"}), "there is no option --nothing; see: headway help try");
  EXPECT_EQ(fault({"-qx"}), "there is no option -x; see: headway help try");
  EXPECT_EQ(fault({"a", "--count"}), "--count needs N; see: headway help try");
  EXPECT_EQ(fault({"a", "--quiet=1"}), "--quiet takes no value; see: headway help try");
  EXPECT_EQ(fault({"--kind=blue"}), "--kind=blue: it is one of: red green; see: headway help try");
  EXPECT_EQ(fault({"-tsoon"}),
            "--timeout=soon: that is no duration, such as 500ms or 2s; see: headway help try");
  EXPECT_EQ(fault({"--count=1x"}), "--count=1x: that is no number; see: headway help try");
  EXPECT_EQ(fault({"a", "--session", "--system"}),
            "more than one bus is named; see: headway help try");
}

TEST(Invocation, WhoAsksForHelpNeedNothingElse) {
  const auto how = parse(verb, {"-h"});

  ASSERT_TRUE(how);
  EXPECT_TRUE(how->has("--help"));
}

TEST(Durations, HaveUnitsOrAreSeconds) {
  EXPECT_EQ(parse_duration("2"), 2s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2min"), 120s);
  EXPECT_EQ(parse_duration("1h"), 3600s);
  EXPECT_EQ(parse_duration("0"), 0s);
  for (const char* const text : {"", "s", "-1", "1 s", "1x", "nan", "inf", "1e300"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace headway::tool
