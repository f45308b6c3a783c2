// SPDX-License-Identifier: MIT
#include "authority/action_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace headway::authority {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ActionFile parse(const std::string& inside) {
  return parse_action_file("<?xml version='1.0'?>\n<policyconfig>" + inside + "</policyconfig>",
                           "/a.policy");
}

std::string defaults(std::string_view any) {
  return fmt::format("<defaults><allow_any>{}</allow_any></defaults>", any);
}

std::vector<std::string> ids(const ActionFile& file) {
  std::vector<std::string> result;
  for (const Action& action : file.actions) result.push_back(action.id);
  return result;
}

TEST(ActionFile, AnActionIsReadWhole) {
  const auto file = parse(R"(
    <vendor>V</vendor><vendor_url>http://v</vendor_url><icon_name>i</icon_name>
    <action id="org.a.b">
      <description>d</description><description xml:lang="de">D</description>
      <message gettext-domain="dom">m &amp; n</message>
      <vendor>W</vendor>
      <defaults><allow_any>no</allow_any><allow_inactive>auth_self_keep</allow_inactive>
        <allow_active>yes</allow_active></defaults>
      <annotate key="org.freedesktop.policykit.owner">unix-user:5</annotate>
    </action>)");
  EXPECT_THAT(file.warnings, IsEmpty());
  ASSERT_EQ(file.actions.size(), 1U);
  const Action& action = file.actions[0];
  EXPECT_EQ(action.id, "org.a.b");
  EXPECT_EQ(action.description.plain, "d");
  EXPECT_THAT(action.description.by_language, ElementsAre(Pair("de", "D")));
  EXPECT_EQ(action.message.plain, "m & n");
  EXPECT_EQ(action.message.domain, "dom");
  EXPECT_EQ(action.vendor, "W");
  EXPECT_EQ(action.vendor_url, "http://v");
  EXPECT_EQ(action.icon_name, "i");
  EXPECT_EQ(action.any, Verdict::no);
  EXPECT_EQ(action.inactive, Verdict::auth_self_keep);
  EXPECT_EQ(action.active, Verdict::yes);
  EXPECT_THAT(action.annotations, ElementsAre(Pair(owner_annotation, "unix-user:5")));
  EXPECT_EQ(action.line, 4U);
}

TEST(ActionFile, WhatIsNotSaidIsNo) {
  const auto file = parse("<action id='a'/>");
  ASSERT_EQ(file.actions.size(), 1U);
  EXPECT_EQ(file.actions[0].any, Verdict::no);
  EXPECT_EQ(file.actions[0].inactive, Verdict::no);
  EXPECT_EQ(file.actions[0].active, Verdict::no);
}

TEST(ActionFile, AnUnknownValueLeavesOutThatAction) {
  for (const auto* value : {"YES", " yes", "", "auth_admin_keep_session", "1"}) {
    const auto file =
        parse("<action id='a'/><action id='b'>" + defaults(value) + "</action><action id='c'/>");
    EXPECT_THAT(ids(file), ElementsAre("a", "c")) << value;
    EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("/a.policy:2: <allow_any> is none")));
  }
}

TEST(ActionFile, BehindAMistakeOfXmlNothingCounts) {
  const auto file = parse_action_file(
      "<policyconfig><action id='a'/><action id='b'></wrong><action id='c'/>", "f");
  EXPECT_THAT(ids(file), ElementsAre("a"));
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("f:1: ")));
}

TEST(ActionFile, ActionsWithoutAnIdAreLeftOut) {
  const auto file =
      parse("<action/><action id=''/><action id='a b'/><action id='a&#10;b'/><action id='ok'/>");
  EXPECT_THAT(ids(file), ElementsAre("ok"));
  EXPECT_EQ(file.warnings.size(), 4U);
}

TEST(ActionFile, OfTwoActionsWithOneIdTheLaterCounts) {
  const auto file = parse("<action id='a'>" + defaults("yes") + "</action><action id='a'/>");
  ASSERT_THAT(ids(file), ElementsAre("a"));
  EXPECT_EQ(file.actions[0].any, Verdict::no);
  EXPECT_EQ(file.warnings.size(), 1U);
}

TEST(ActionFile, NothingIsTakenFromElsewhere) {
  // Defaults count only where they belong, and never for the action before or behind.
  const auto file = parse(defaults("yes") + "<action id='a'><x>" + defaults("yes") +
                          "</x></action><x><action id='b'>" + defaults("yes") + "</action></x>");
  ASSERT_THAT(ids(file), ElementsAre("a"));
  EXPECT_EQ(file.actions[0].any, Verdict::no);
}

TEST(ActionFile, ElementsInElementsWithoutEndAreRefused) {
  std::string deep = "<policyconfig><action id='a'/>";
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  const auto file = parse_action_file(deep, "f");
  EXPECT_THAT(ids(file), ElementsAre("a"));
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("too deep")));
}

TEST(ActionFile, AFileThatIsTooLargeDoesNotCount) {
  const auto file = parse("<action id='a'/>" + std::string(action_file_bytes_max, ' '));
  EXPECT_THAT(file.actions, IsEmpty());
  EXPECT_EQ(file.warnings.size(), 1U);
}

TEST(ActionFile, AnotherDocumentIsNone) {
  EXPECT_THAT(parse_action_file("<busconfig><action id='a'/></busconfig>", "f").actions, IsEmpty());
  EXPECT_THAT(parse_action_file("", "f").actions, IsEmpty());
}

TEST(LocalisedText, TheNearestLanguageIsTaken) {
  const LocalisedText text{.plain = "p",
                           .domain = "",
                           .by_language = {{"de", "D"}, {"de_AT", "A"}, {"fr_FR.UTF-8", "F"}}};
  EXPECT_EQ(localised(text, "de_AT.UTF-8"), "A");
  EXPECT_EQ(localised(text, "de_DE.UTF-8"), "D");
  EXPECT_EQ(localised(text, "de@euro"), "D");
  EXPECT_EQ(localised(text, "fr_FR.UTF-8"), "F");
  EXPECT_EQ(localised(text, "fr"), "p");
  EXPECT_EQ(localised(text, ""), "p");
}

TEST(LocalisedText, GettextIsAskedOnlyWithTheNameOfALocale) {
  const LocalisedText text{.plain = "p", .domain = "no-such-domain", .by_language = {}};
  for (const auto* locale : {"C.UTF-8", "xx_YY", "../../tmp/x", "a/b", "de\nde", ""}) {
    EXPECT_EQ(localised(text, locale), "p") << locale;
  }
}

}  // namespace
}  // namespace headway::authority
