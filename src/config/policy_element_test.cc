// SPDX-License-Identifier: MIT
#include "config/policy_element.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/types.h"

namespace headway::config {
namespace {

using broker::PolicyRule;
using broker::PolicySection;
using testing::HasSubstr;
using Kind = PolicyRule::Kind;
using Own = PolicyRule::Own;

Element element(const std::string& tag) {
  Cursor cursor(tag, "test");
  return *cursor.root(tag.substr(1, tag.find_first_of(" /") - 1));
}

RuleElement parse(const std::string& attributes, const std::string& verb = "allow") {
  const auto result = parse_rule(element(fmt::format("<{} {}/>", verb, attributes)));
  EXPECT_TRUE(result) << attributes << ": " << (result ? "" : result.error());
  return result.value_or(RuleElement{});
}

PolicyRule rule(const std::string& attributes) { return parse(attributes).rule; }

TEST(PolicyElement, SendAttributesBecomeFactsPol009) {
  PolicyRule expected{.kind = Kind::send, .allow = true};
  expected.type = std::to_underlying(wire::MessageType::method_call);
  expected.interface = "a.I";
  expected.member = "M";
  expected.path = "/p";
  expected.peer = "a.b";
  expected.requested_reply = false;
  expected.broadcast = false;
  EXPECT_EQ(rule("send_type='method_call' send_interface='a.I' send_member='M' send_path='/p' "
                 "send_destination='a.b' send_requested_reply='false' send_broadcast='false'"),
            expected);

  EXPECT_EQ(rule("send_error='a.E'").error, "a.E");
  EXPECT_EQ(rule("send_destination_prefix='a'").peer_prefix, "a");
  EXPECT_EQ(rule("send_broadcast='true'").broadcast, true);
  EXPECT_EQ(rule("send_destination_prefix='a' send_broadcast='true'").broadcast, true);  // POL-018
}

TEST(PolicyElement, ReceiveAttributesBecomeFactsPol010) {
  PolicyRule expected{.kind = Kind::receive, .allow = true};
  expected.type = std::to_underlying(wire::MessageType::signal);
  expected.interface = "a.I";
  expected.member = "M";
  expected.path = "/p";
  expected.peer = "a.b";
  expected.requested_reply = true;
  EXPECT_EQ(rule("receive_type='signal' receive_interface='a.I' receive_member='M' "
                 "receive_path='/p' receive_sender='a.b' receive_requested_reply='true'"),
            expected);
  EXPECT_EQ(rule("receive_error='a.E'").error, "a.E");
}

TEST(PolicyElement, TypesAreThoseOfTheWirePol019) {
  EXPECT_EQ(rule("send_type='method_call'").type, 1);
  EXPECT_EQ(rule("send_type='method_return'").type, 2);
  EXPECT_EQ(rule("send_type='error'").type, 3);
  EXPECT_EQ(rule("send_type='signal'").type, 4);
}

TEST(PolicyElement, AttributesOfBothSortsOfMessageRulePol011) {
  const auto send = rule("send_type='*' eavesdrop='true' min_fds='1' max_fds='2' log='true'");
  EXPECT_EQ(send.kind, Kind::send);
  EXPECT_EQ(send.eavesdrop, true);
  EXPECT_EQ(send.fds_min, 1u);
  EXPECT_EQ(send.fds_max, 2u);
  EXPECT_TRUE(send.log);

  const auto receive = rule("receive_type='*' eavesdrop='false'");
  EXPECT_EQ(receive.kind, Kind::receive);
  EXPECT_EQ(receive.eavesdrop, false);
  EXPECT_EQ(receive.fds_min, 0u);         // POL-020
  EXPECT_EQ(receive.fds_max, 33554432u);  // POL-020
}

TEST(PolicyElement, EavesdropAloneIsAboutReceivingPol022) {
  EXPECT_EQ(rule("eavesdrop='true'").kind, Kind::receive);
  EXPECT_EQ(rule("eavesdrop='true' min_fds='1'").kind, Kind::receive);
  EXPECT_EQ(rule("send_destination='*' eavesdrop='true'").kind, Kind::send);
}

TEST(PolicyElement, OneAttributeAboutRepliesOrBroadcastsIsEnoughPol013) {
  EXPECT_EQ(rule("send_requested_reply='true'").kind, Kind::send);
  EXPECT_EQ(rule("send_broadcast='false'").kind, Kind::send);
  EXPECT_EQ(rule("receive_requested_reply='true'").kind, Kind::receive);
}

TEST(PolicyElement, AsteriskIsNoConstraintPol021) {
  EXPECT_EQ(rule("send_interface='*' send_member='*' send_destination='*' send_path='*' "
                 "send_type='*'"),
            (PolicyRule{.kind = Kind::send, .allow = true}));
  EXPECT_EQ(rule("send_error='*'"), (PolicyRule{.kind = Kind::send, .allow = true}));
  EXPECT_EQ(rule("receive_sender='*'"), (PolicyRule{.kind = Kind::receive, .allow = true}));
  EXPECT_EQ(rule("own='*'").own, Own::any);
  EXPECT_EQ(parse("user='*'").user, "");
  EXPECT_EQ(parse("group='*'").group, "");
  // Then nothing contradicts a broadcast either.
  EXPECT_EQ(rule("send_destination='*' send_broadcast='true'").broadcast, true);
}

TEST(PolicyElement, AsteriskIsOrdinaryInPrefixesPol021) {
  EXPECT_EQ(rule("send_destination_prefix='*'").peer_prefix, "*");
  const auto own = rule("own_prefix='*'");  // POL-045
  EXPECT_EQ(own.own, Own::prefix);
  EXPECT_EQ(own.name, "*");
}

TEST(PolicyElement, OwnAndConnectRulesStandAlonePol011) {
  EXPECT_EQ(rule("own='a.b'"),
            (PolicyRule{.kind = Kind::own, .allow = true, .own = Own::exact, .name = "a.b"}));
  EXPECT_EQ(rule("own_prefix='a'"),
            (PolicyRule{.kind = Kind::own, .allow = true, .own = Own::prefix, .name = "a"}));
  EXPECT_EQ(parse("user='alice'").user, "alice");
  EXPECT_EQ(parse("group='wheel'").group, "wheel");
  EXPECT_EQ(parse("group='wheel'").rule.kind, Kind::connect);
  EXPECT_TRUE(rule("own='a.b' log='true'").log);
}

TEST(PolicyElement, DenyIsNotAllow) { EXPECT_FALSE(parse("own='*'", "deny").rule.allow); }

TEST(PolicyElement, ValuesAreNeitherTrimmedNorCheckedAgainstGrammarsPol024) {
  EXPECT_EQ(rule("send_path='bad'").path, "bad");
  EXPECT_EQ(rule("send_destination=' A.b '").peer, " A.b ");
}

struct BadRule {
  const char* attributes;
  const char* text;
};

class PolicyElementBadRule : public testing::TestWithParam<BadRule> {};

TEST_P(PolicyElementBadRule, IsRefusedWithTheReason) {
  const auto result = parse_rule(element(fmt::format("<deny {}/>", GetParam().attributes)));

  ASSERT_FALSE(result) << GetParam().attributes;
  EXPECT_THAT(result.error(), HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(Pol012, PolicyElementBadRule,
                         testing::Values(BadRule{"send_sender='a'",
                                                 "unknown attribute send_sender=\"a\" of <deny>"},
                                         BadRule{"receive_destination='a'", "unknown attribute"},
                                         BadRule{"receive_broadcast='true'", "unknown attribute"},
                                         BadRule{"own='a.b' x='1'", "unknown attribute x="}));
INSTANTIATE_TEST_SUITE_P(Pol013, PolicyElementBadRule,
                         testing::Values(BadRule{"", "says nothing"},
                                         BadRule{"min_fds='1'", "says nothing"},
                                         BadRule{"max_fds='1' log='true'", "says nothing"}));
INSTANTIATE_TEST_SUITE_P(Pol014, PolicyElementBadRule,
                         testing::Values(BadRule{"own='a' own_prefix='a'", "exclude each other"},
                                         BadRule{"user='*' group='*'", "exclude each other"},
                                         BadRule{"own='a' user='*'", "exclude each other"},
                                         BadRule{"own='a' send_type='signal'", "write two rules"},
                                         BadRule{"user='a' receive_sender='b'", "write two rules"},
                                         BadRule{"own='a' eavesdrop='true'", "write two rules"},
                                         BadRule{"own='a' min_fds='1'", "write two rules"}));
INSTANTIATE_TEST_SUITE_P(Pol015, PolicyElementBadRule,
                         testing::Values(BadRule{"send_type='*' receive_type='*'",
                                                 "send_ and receive_"}));
INSTANTIATE_TEST_SUITE_P(
    Pol016, PolicyElementBadRule,
    testing::Values(BadRule{"send_error='a' send_interface='b'", "send_error excludes"},
                    BadRule{"send_error='a' send_member='b' send_path='/'", "send_error excludes"},
                    BadRule{"receive_error='*' receive_interface='*'", "receive_error excludes"}));
INSTANTIATE_TEST_SUITE_P(Pol017, PolicyElementBadRule,
                         testing::Values(BadRule{"send_member='a'", "send_member needs"},
                                         BadRule{"send_member='*' send_destination='a'",
                                                 "send_member needs"},
                                         BadRule{"receive_member='a'", "receive_member needs"}));
INSTANTIATE_TEST_SUITE_P(
    Pol018, PolicyElementBadRule,
    testing::Values(BadRule{"send_destination='a' send_destination_prefix='a'", "exclude"},
                    BadRule{"send_destination='a' send_broadcast='true'", "broadcasts have none"}));
INSTANTIATE_TEST_SUITE_P(Pol019, PolicyElementBadRule,
                         testing::Values(BadRule{"eavesdrop='yes'", "eavesdrop=\"yes\" must be"},
                                         BadRule{"eavesdrop='*'", "eavesdrop=\"*\" must be"},
                                         BadRule{"send_broadcast='TRUE'", "send_broadcast"},
                                         BadRule{"send_requested_reply=''", "send_requested_reply"},
                                         BadRule{"receive_requested_reply='1'",
                                                 "receive_requested_reply"},
                                         BadRule{"send_type='*' log='on'", "log=\"on\""},
                                         BadRule{"send_type='call'", "send_type=\"call\" must be"},
                                         BadRule{"receive_type=''", "receive_type=\"\" must be"}));
INSTANTIATE_TEST_SUITE_P(Pol020, PolicyElementBadRule,
                         testing::Values(BadRule{"send_type='*' min_fds='-1'", "min_fds=\"-1\""},
                                         BadRule{"send_type='*' max_fds='33554433'",
                                                 "from 0 to 33554432"},
                                         BadRule{"send_type='*' max_fds='3x'", "max_fds=\"3x\""},
                                         BadRule{"send_type='*' max_fds=''", "max_fds=\"\""}));
INSTANTIATE_TEST_SUITE_P(EmptyNames, PolicyElementBadRule,
                         testing::Values(BadRule{"send_destination=''", "send_destination=\"\""},
                                         BadRule{"receive_sender=''", "receive_sender=\"\""},
                                         BadRule{"send_destination_prefix=''", "no prefix"},
                                         BadRule{"own=''", "own=\"\""},
                                         BadRule{"own_prefix=''", "no prefix"},
                                         BadRule{"user=''", "nobody's name"},
                                         BadRule{"group=''", "no group's name"}));

TEST(PolicyElement, HeadSaysWhomItIsAboutPol001) {
  using Context = PolicySection::Context;
  const auto context = [](const std::string& attributes) {
    const auto head = parse_policy_head(element(fmt::format("<policy {}/>", attributes)));
    EXPECT_TRUE(head) << attributes;
    return head ? head->context : Context::defaults;
  };

  EXPECT_EQ(context("context='default'"), Context::defaults);
  EXPECT_EQ(context("context='mandatory'"), Context::mandatory);
  EXPECT_EQ(context("user='alice'"), Context::user);
  EXPECT_EQ(context("group='7'"), Context::group);
  EXPECT_EQ(context("at_console='true'"), Context::at_console);
  EXPECT_EQ(context("at_console='false'"), Context::not_at_console);
}

class PolicyElementBadHead : public testing::TestWithParam<const char*> {};

TEST_P(PolicyElementBadHead, IsRefusedWithTheChoicePol001) {
  const auto head = parse_policy_head(element(fmt::format("<policy {}/>", GetParam())));

  ASSERT_FALSE(head) << GetParam();
  EXPECT_THAT(head.error(), HasSubstr("needs exactly one of context="));
}

INSTANTIATE_TEST_SUITE_P(Pol001, PolicyElementBadHead,
                         testing::Values("", "context='default' user='root'", "context='other'",
                                         "at_console='maybe'", "user=''", "group=''", "own='a'"));

}  // namespace
}  // namespace headway::config
