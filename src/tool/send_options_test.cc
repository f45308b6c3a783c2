// SPDX-License-Identifier: MIT
#include "tool/send_options.h"

#include <gtest/gtest.h>

#include <vector>

namespace headway::tool {
namespace {

using namespace std::chrono_literals;
using To = SendOptions::To;
using Print = SendOptions::Print;

auto parse(const std::vector<const char*>& arguments) { return parse_send(arguments); }

TEST(SendOptions, ASignalOnTheSessionBusIsWhatIsMeant) {  // TOOL-010, TOOL-011
  const auto options = parse({"/p", "a.b.C"});

  ASSERT_TRUE(options);
  EXPECT_EQ(options->to, To::session);
  EXPECT_EQ(options->type, message_type::signal);
  EXPECT_EQ(options->path, "/p");
  EXPECT_EQ(options->interface, "a.b");
  EXPECT_EQ(options->member, "C");
  EXPECT_EQ(options->print, Print::nothing);
  EXPECT_EQ(options->reply_timeout, std::nullopt);
}

TEST(SendOptions, StandAnywhereBeforeTheName) {
  const std::vector<const char*> line{
      "--bus=unix:path=/x", "/p",    "--dest=:1.2",          "--sender=a.b", "--print-reply",
      "--reply-timeout=5x", "a.b.C", "--print-reply=literal"};
  const auto options = parse_send(line);

  ASSERT_TRUE(options);
  EXPECT_EQ(options->to, To::bus);
  EXPECT_EQ(options->address, "unix:path=/x");
  EXPECT_EQ(options->destination, ":1.2");
  EXPECT_EQ(options->sender, "a.b");
  EXPECT_EQ(options->type, message_type::method_call);
  EXPECT_EQ(options->print, Print::reply);
  EXPECT_EQ(options->reply_timeout, 5ms);
  ASSERT_EQ(options->contents.size(), 1);
  EXPECT_STREQ(options->contents.front(), "--print-reply=literal");
}

TEST(SendOptions, TheLastOfTwoBusesCounts) {
  EXPECT_EQ(parse({"--system", "--session", "/", "a.b.C"})->to, To::session);
  EXPECT_EQ(parse({"--bus=x", "--peer=y", "/", "a.b.C"})->to, To::peer);
  EXPECT_EQ(parse({"--address=x", "/", "a.b.C"})->to, To::peer);
}

struct Wrong {
  std::vector<const char*> arguments;
  const char* text;
  bool is_usage;
};

class WrongSendOptions : public testing::TestWithParam<Wrong> {};

TEST_P(WrongSendOptions, AreExplained) {  // TOOL-011, TOOL-014
  const auto options = parse(GetParam().arguments);

  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().text, GetParam().text);
  EXPECT_EQ(options.error().is_usage, GetParam().is_usage);
  EXPECT_FALSE(options.error().is_help);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, WrongSendOptions,
    testing::Values(
        Wrong{{}, "", true}, Wrong{{"/"}, "", true},
        Wrong{{"x", "a.b.C"}, "Object path was not valid: 'x'", false},
        Wrong{
            {"/", "C"}, "Must use org.mydomain.Interface.Signal notation, no dot in \"C\"", false},
        Wrong{{"--type=method_call", "/", "C"},
              "Must use org.mydomain.Interface.Method notation, no dot in \"C\"",
              false},
        Wrong{{"/", "b.C"}, "Interface name was not valid: 'b'", false},
        Wrong{{"/", "a.b."}, "Member name was not valid: ''", false},
        Wrong{{"--type=error", "/", "a.b.C"}, "Message type \"error\" is not supported", false},
        Wrong{{"--dest=x", "/", "a.b.C"}, "invalid value (x) of \"--dest\"", true},
        Wrong{
            {"--reply-timeout=0", "/", "a.b.C"}, "invalid value (0) of \"--reply-timeout\"", true},
        Wrong{{"--bus=", "/", "a.b.C"}, "--bus and --peer need an address", true},
        Wrong{{"--system", "--bus=x", "/", "a.b.C"},
              "--bus and --peer may not be used with --system or --session",
              true},
        Wrong{{"--peer=x", "--sender=a.b", "/", "a.b.C"},
              "--peer may not be used with --sender: names are owned on a bus",
              true},
        Wrong{{"--print-reply", "--type=signal", "/", "a.b.C"},
              "--print-reply is of no use with a signal: nobody replies to it",
              true},
        Wrong{{"--bogus", "/", "a.b.C"}, "option --bogus is unknown or has no such value", true}));

TEST(SendOptions, HelpIsNoFailure) {
  EXPECT_TRUE(parse({"--help", "--bogus"}).error().is_help);
  EXPECT_TRUE(parse({"/", "--help"}).error().is_help);
}

}  // namespace
}  // namespace headway::tool
