// SPDX-License-Identifier: MIT
#include "wire/match_rule.h"

#include <gtest/gtest.h>

#include <string>

namespace headway::wire {
namespace {

using Kind = MatchRule::ArgumentKind;

MatchRule rule(std::string_view text) {
  auto parsed = parse_match_rule(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << parsed.error().text;
  return parsed.value_or(MatchRule{});
}
std::string refusal(std::string_view text) {
  const auto parsed = parse_match_rule(text);
  return parsed ? "accepted" : parsed.error().text;
}
std::string argument(std::string_view text) {
  const MatchRule parsed = rule(text);
  return parsed.arguments.size() == 1 ? parsed.arguments[0].value : "not one argument";
}

TEST(MatchRule, EveryKeyIsKept) {  // MATCH-010 .. MATCH-017
  const MatchRule all = rule(
      "type='signal',sender='a.b',interface='c.d',member='E',path='/f',destination=':1.2',"
      "arg63='x',arg0namespace='com',arg7path='/g/',eavesdrop='true'");

  EXPECT_EQ(all, (MatchRule{.type = MessageType::signal,
                            .sender = "a.b",
                            .interface = "c.d",
                            .member = "E",
                            .path = "/f",
                            .path_namespace = "",
                            .destination = ":1.2",
                            .arguments = {{0, Kind::name_space, "com"},
                                          {7, Kind::path, "/g/"},
                                          {63, Kind::text, "x"}},
                            .eavesdrop = true}));
  EXPECT_EQ(to_string(all),
            "type='signal',sender='a.b',interface='c.d',member='E',path='/f',destination=':1.2',"
            "arg0namespace='com',arg7path='/g/',arg63='x',eavesdrop='true'");
}

TEST(MatchRule, EmptyTextAsksForEverything) {  // MATCH-001
  EXPECT_EQ(rule(""), MatchRule{});
  EXPECT_EQ(rule(" \t\r\n"), MatchRule{});
  EXPECT_EQ(to_string(MatchRule{}), "");
}

TEST(MatchRule, BlanksAreSkippedOnlyAroundKeys) {  // MATCH-002
  EXPECT_EQ(rule(" \t\r\ntype \n='signal', member='A'"), rule("type='signal',member='A'"));
  EXPECT_EQ(
      refusal("type='signal' ,member='A'"),
      "match rule: type 'signal ' at byte 0 is none of signal, method_call, method_return and "
      "error");
  EXPECT_NE(refusal("type= 'signal'"), "accepted");
  EXPECT_EQ(argument("arg0= 'a' "), " a ");
}

TEST(MatchRule, QuotesAreLiteralAndPiecesConcatenate) {  // MATCH-003, MATCH-004
  EXPECT_EQ(argument("arg0='a,b\\c\\'"), "a,b\\c\\");
  EXPECT_EQ(argument("arg0=plain"), "plain");
  EXPECT_EQ(argument("arg0=''"), "");
  EXPECT_EQ(argument("arg0="), "");
  EXPECT_EQ(argument(R"(arg0='a'\''b')"), "a'b");
  EXPECT_EQ(argument(R"(arg0=\'\\\'\)"), R"('\\'\)");
  EXPECT_EQ(argument("arg0=a'b'c"), "abc");
}

TEST(MatchRule, ParsesWhatItPrints) {  // MATCH-028
  for (const std::string_view text : {R"(arg0=\'a\'\\)", "arg0='',eavesdrop=true",
                                      "path_namespace=/,type=error", "arg63path='//',arg00='\n'"}) {
    EXPECT_EQ(rule(to_string(rule(text))), rule(text)) << text;
  }
}

TEST(MatchRule, SaysWhatIsWrongAndWhere) {  // MATCH-005, MATCH-009
  EXPECT_EQ(refusal("type='signal',member='A"),
            "match rule: the quote in the value of \"member\" at byte 14 is never closed");
  EXPECT_EQ(refusal("member"), "match rule: no '=' after \"member\" at byte 0: write member='...'");
  EXPECT_EQ(refusal("member,type='signal'"),
            "match rule: no '=' after \"member\" at byte 0: write member='...'");
  EXPECT_EQ(refusal("='signal'"), "match rule: no key before the '=' at byte 0");
  EXPECT_EQ(refusal("type='signal',colour='red'"),
            "match rule: unknown key \"colour\" at byte 14: keys are type, sender, interface, "
            "member, path, path_namespace, destination, argN, argNpath, arg0namespace and "
            "eavesdrop");
  EXPECT_EQ(refusal("type='signal',type='signal'"),
            "match rule: key \"type\" is given again at byte 14: keep one");
  EXPECT_NE(refusal("member=A,member=B"), "accepted");
  EXPECT_NE(refusal("mem ber=A"), "accepted");
}

TEST(MatchRule, OneTrailingCommaIsAccepted) {  // MATCH-006
  EXPECT_EQ(rule("member='A',"), rule("member='A'"));
  EXPECT_EQ(rule("member='A', \n"), rule("member='A'"));
  EXPECT_EQ(refusal(",member='A'"), "match rule: nothing before the comma at byte 0");
  EXPECT_EQ(refusal("member='A',,type='signal'"),
            "match rule: nothing before the comma at byte 11");
  EXPECT_NE(refusal("member='A',,"), "accepted");
  EXPECT_NE(refusal(","), "accepted");
}

TEST(MatchRule, LongTextIsRefusedAsALimit) {  // MATCH-007
  const std::string longest = "arg0='" + std::string(1024 - 7, 'x') + "'";
  EXPECT_EQ(argument(longest).size(), 1017u);
  const auto parsed = parse_match_rule(longest + ",");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_TRUE(parsed.error().too_long);
  EXPECT_EQ(parsed.error().text, "the match rule has 1025 bytes, 1024 are allowed");
  EXPECT_FALSE(parse_match_rule("x").error().too_long);
}

TEST(MatchRule, EveryArgumentNumberWorksInOneRule) {  // MATCH-008, MATCH-013
  std::string text;
  for (int i = 63; i >= 0; --i) text += "arg" + std::to_string(i) + "='" + std::to_string(i) + "',";

  const MatchRule parsed = rule(text);
  ASSERT_EQ(parsed.arguments.size(), 64u);
  EXPECT_EQ(parsed.arguments[0], (MatchRule::Argument{0, Kind::text, "0"}));
  EXPECT_EQ(parsed.arguments[63], (MatchRule::Argument{63, Kind::text, "63"}));
}

TEST(MatchRule, TypeIsOneOfFour) {  // MATCH-010
  EXPECT_EQ(rule("type=method_call").type, MessageType::method_call);
  EXPECT_EQ(rule("type=method_return").type, MessageType::method_return);
  EXPECT_EQ(rule("type=error").type, MessageType::error);
  EXPECT_NE(refusal("type=Signal"), "accepted");
  EXPECT_NE(refusal("type=''"), "accepted");
}

TEST(MatchRule, NamesMustBeNames) {  // MATCH-011, MATCH-012
  EXPECT_EQ(refusal("sender=':1.5',destination='a.b'"), "accepted");
  EXPECT_EQ(refusal("sender='a'"), "match rule: sender 'a' at byte 0 is not a valid bus name");
  EXPECT_EQ(refusal("type='signal',path='a'"),
            "match rule: path 'a' at byte 14 is not a valid object path");
  for (const std::string_view bad :
       {"sender=''", "interface='a'", "interface=''", "member='a.b'", "member=''", "path='/a/'",
        "path=''", "path_namespace='/a/'", "path_namespace=''", "destination='a'"}) {
    EXPECT_NE(refusal(bad), "accepted") << bad;
  }
}

TEST(MatchRule, PathAndItsNamespaceExcludeEachOther) {  // MATCH-012
  EXPECT_EQ(rule("path_namespace='/'").path_namespace, "/");
  EXPECT_EQ(refusal("path='/a',path_namespace='/a'"),
            "match rule: path and path_namespace exclude each other: keep one");
  EXPECT_NE(refusal("path_namespace='/a',path='/a'"), "accepted");
}

TEST(MatchRule, ArgumentNumbersGoTo63) {  // MATCH-013 .. MATCH-015, MATCH-018
  EXPECT_EQ(rule("arg01='x'"), rule("arg1='x'"));
  EXPECT_EQ(refusal("arg='x'"), "match rule: key \"arg\" at byte 0 needs a number behind \"arg\"");
  EXPECT_EQ(refusal("arg64='x'"),
            "match rule: key \"arg64\" at byte 0: arguments are numbered 0 to 63");
  EXPECT_EQ(refusal("arg1namespace='a.b'"),
            "match rule: unknown key \"arg1namespace\" at byte 0: behind argN may stand \"path\", "
            "behind arg0 also \"namespace\"");
  for (const std::string_view bad : {"arg256='x'", "arg4294967296='x'", "arg-1='x'", "arg+1='x'",
                                     "argpath='x'", "arg1x='x'", "arg0has='x'", "arg64path='x'"}) {
    EXPECT_NE(refusal(bad), "accepted") << bad;
  }
}

TEST(MatchRule, NamespaceNeedsOneElement) {  // MATCH-015, NAME-008
  EXPECT_EQ(refusal("arg0namespace='com'"), "accepted");
  EXPECT_EQ(refusal("arg0namespace='com.'"),
            "match rule: arg0namespace 'com.' at byte 0 is not a bus name or the start of one");
  EXPECT_NE(refusal("arg0namespace=''"), "accepted");
}

TEST(MatchRule, OneConditionPerArgument) {  // MATCH-016
  EXPECT_EQ(refusal("arg0='a',arg0path='/a'"),
            "match rule: a second condition on argument 0 at byte 9: keep one");
  EXPECT_NE(refusal("arg0='a',arg00='a'"), "accepted");
  EXPECT_NE(refusal("arg0namespace='a',arg0='a'"), "accepted");
}

TEST(MatchRule, LastEavesdropCounts) {  // MATCH-017
  EXPECT_TRUE(rule("eavesdrop=false,eavesdrop='true'").eavesdrop);
  EXPECT_EQ(rule("eavesdrop=true,eavesdrop=false"), MatchRule{});
  EXPECT_EQ(refusal("eavesdrop=yes"),
            "match rule: eavesdrop 'yes' at byte 0 is neither true nor false");
}

TEST(MatchRule, ReadIntoOneThatWasInUseKeepsNothingOfIt) {
  MatchRule rule;
  ASSERT_TRUE(
      parse_match_rule("type='signal',sender='a.b',interface='c.d',member='E',path='/f',"
                       "destination=':1.1',arg3='g',eavesdrop=true",
                       rule));
  ASSERT_TRUE(parse_match_rule("path_namespace='/h',arg0='i'", rule));
  EXPECT_EQ(rule, parse_match_rule("path_namespace='/h',arg0='i'"));
  ASSERT_TRUE(parse_match_rule("", rule));
  EXPECT_EQ(rule, MatchRule());
}

}  // namespace
}  // namespace headway::wire
