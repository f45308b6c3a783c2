// SPDX-License-Identifier: MIT
#include "broker/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/policy_testing.h"

namespace headway::broker {
namespace {

using testing::defaults;
using testing::keys;
using testing::rule;
using testing::rules;
using testing::somebody;
using Context = PolicySection::Context;
using wire::Message;
using wire::MessageType;

constexpr const char* bus = "org.freedesktop.DBus";

Message call(std::string_view interface = "org.example.I", std::string_view member = "M",
             std::string_view path = "/o") {
  Message message;
  message.type = MessageType::method_call;
  message.serial = 1;
  message.interface = interface;
  message.member = member;
  message.path = path;
  message.destination = "org.example";
  return message;
}

Message signal() {
  Message message = call();
  message.type = MessageType::signal;
  message.destination = {};
  return message;
}

Message reply(MessageType type = MessageType::method_return) {
  Message message;
  message.type = type;
  message.reply_serial = 7;
  message.destination = ":1.1";
  return message;
}

bool may_send(const PolicyRules& from, const Delivery& delivery,
              std::initializer_list<std::string_view> receiver = {}) {
  Policy policy(from);
  return policy.for_identity(somebody)->may_send(delivery, keys(policy, receiver)).allowed;
}

bool may_receive(const PolicyRules& from, const Delivery& delivery,
                 std::initializer_list<std::string_view> sender = {}) {
  Policy policy(from);
  return policy.for_identity(somebody)->may_receive(delivery, keys(policy, sender)).allowed;
}

bool may_own(const PolicyRules& from, std::string_view name) {
  Policy policy(from);
  return policy.for_identity(somebody)->may_own(name).allowed;
}

// POL-003: defaults, groups, user, console, mandatory; each overrides those before it.
TEST(Policy, LaterKindsOfSectionOverrideEarlierOnes) {
  const std::vector<testing::Section> sections = {
      {Context::mandatory, 0, {"allow own=m"}},
      {Context::not_at_console, 0, {"deny own=m", "allow own=c"}},
      {Context::user, 1000, {"deny own=m", "deny own=c", "allow own=u"}},
      {Context::group, 50, {"deny own=m", "deny own=c", "deny own=u", "allow own=g"}},
      {Context::defaults, 0, {"deny own=*"}},
  };
  Policy policy(rules(sections));
  const Identity who{.uid = 1000, .groups = {50, 1000}, .at_console = false};

  const auto set = policy.for_identity(who);

  EXPECT_TRUE(set->may_own("m"));
  EXPECT_TRUE(set->may_own("c"));
  EXPECT_TRUE(set->may_own("u"));
  EXPECT_TRUE(set->may_own("g"));
  EXPECT_FALSE(set->may_own("x"));
}

// POL-003: groups count in the order of the identity's list, which is ascending.
TEST(Policy, TheLaterGroupOfAnIdentityOverridesTheEarlier) {
  Policy policy(
      rules({{Context::group, 60, {"allow own=a"}}, {Context::group, 50, {"deny own=a"}}}));

  EXPECT_TRUE(policy.for_identity({.uid = 1, .groups = {50, 60}})->may_own("a"));
  EXPECT_FALSE(policy.for_identity({.uid = 1, .groups = {50}})->may_own("a"));
}

// POL-005.
TEST(Policy, AnEarlyUserRuleBeatsALaterDefaultRule) {
  Policy policy(
      rules({{Context::user, 7, {"allow own=a"}}, {Context::defaults, 0, {"deny own=*"}}}));

  EXPECT_TRUE(policy.for_identity({.uid = 7, .groups = {}})->may_own("a"));
  EXPECT_FALSE(policy.for_identity({.uid = 8, .groups = {}})->may_own("a"));
}

// POL-003, POL-005: inside a kind, configuration order.
TEST(Policy, SectionsOfOneKindCountInConfigurationOrder) {
  EXPECT_TRUE(may_own(
      rules({{Context::defaults, 0, {"deny own=a"}}, {Context::defaults, 0, {"allow own=a"}}}),
      "a"));
  EXPECT_FALSE(may_own(
      rules({{Context::defaults, 0, {"allow own=a"}}, {Context::defaults, 0, {"deny own=a"}}}),
      "a"));
}

// POL-003, POL-007.
TEST(Policy, ConsoleSectionsExcludeEachOther) {
  Policy policy(rules({{Context::at_console, 0, {"allow own=in"}},
                       {Context::not_at_console, 0, {"allow own=out"}}}));

  const auto in = policy.for_identity({.uid = 1, .groups = {}, .at_console = true});
  const auto out = policy.for_identity({.uid = 1, .groups = {}, .at_console = false});

  EXPECT_TRUE(in->may_own("in"));
  EXPECT_FALSE(in->may_own("out"));
  EXPECT_TRUE(out->may_own("out"));
  EXPECT_FALSE(out->may_own("in"));
}

// POL-004.
TEST(Policy, WithoutAMatchingRuleEverythingIsDenied) {
  Policy policy(defaults({}));
  const auto set = policy.for_identity(somebody);
  const Message message = call();

  EXPECT_FALSE(set->may_send({.message = message}, {}));
  EXPECT_FALSE(set->may_receive({.message = message}, {}));
  EXPECT_FALSE(set->may_own("a"));
  EXPECT_EQ(set->may_send({.message = message}, {}).rule, nullptr);
}

// POL-004.
TEST(Policy, TheLastMatchingRuleDecidesAndIsNamed) {
  Policy policy(defaults({"allow send_type=method_call", "deny send_interface=org.example.I",
                          "allow send_interface=org.other"}));
  const Message message = call();

  const Verdict verdict = policy.for_identity(somebody)->may_send({.message = message}, {});

  ASSERT_NE(verdict.rule, nullptr);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(policy.where(*verdict.rule), "test.conf:2");
}

// POL-026.
TEST(Policy, SendTypeMustBeTheMessagesType) {
  const Message a_call = call();
  const Message a_signal = signal();

  EXPECT_TRUE(may_send(defaults({"allow send_type=signal"}), {.message = a_signal}));
  EXPECT_FALSE(may_send(defaults({"allow send_type=signal"}), {.message = a_call}));
  EXPECT_TRUE(may_send(defaults({"allow send_type=*"}), {.message = a_call}));
}

// POL-026: types of a later protocol version are none of the four.
TEST(Policy, AMessageOfUnknownTypeMatchesOnlyRulesWithoutType) {
  Message message = call();
  message.type = static_cast<MessageType>(9);

  EXPECT_TRUE(may_send(defaults({"allow send_path=/o"}), {.message = message}));
  EXPECT_FALSE(may_send(defaults({"allow send_type=method_call", "allow send_type=signal"}),
                        {.message = message}));
}

struct ReplyCase {
  const char* name;
  const char* rule;
  bool requested;
  bool applies;
};

void PrintTo(const ReplyCase& value, std::ostream* out) { *out << value.name; }

class PolicyReply : public ::testing::TestWithParam<ReplyCase> {};

// POL-027, POL-037, and POL-041 for the receive side.
TEST_P(PolicyReply, AppliesByWhetherTheReplyWasRequested) {
  const ReplyCase& param = GetParam();
  const bool is_allow = std::string_view(param.rule).starts_with("allow");
  const Message message = reply();
  const auto decide = [&](const std::string& direction) {
    const std::string neutral = std::string(is_allow ? "deny " : "allow ") + direction +
                                "requested_reply=" + (is_allow ? "true" : "false");
    std::string text = param.rule;
    text.replace(text.find('@'), 1, direction);
    const Delivery delivery{.message = message, .requested_reply = param.requested};
    return direction == "send_" ? may_send(defaults({neutral, text}), delivery)
                                : may_receive(defaults({neutral, text}), delivery);
  };

  EXPECT_EQ(decide("send_"), param.applies == is_allow);
  EXPECT_EQ(decide("receive_"), param.applies == is_allow);
}

INSTANTIATE_TEST_SUITE_P(
    POL027, PolicyReply,
    ::testing::Values(
        ReplyCase{"AllowDefaultRequested", "allow @type=*", true, true},
        ReplyCase{"AllowDefaultUnrequested", "allow @type=*", false, false},
        ReplyCase{"AllowTrueUnrequested", "allow @requested_reply=true", false, false},
        ReplyCase{"AllowFalseUnrequested", "allow @requested_reply=false", false, true},
        ReplyCase{"AllowFalseRequested", "allow @requested_reply=false", true, true},
        ReplyCase{"AllowEavesdropUnrequested", "allow @type=* eavesdrop=true", false, true},
        ReplyCase{"DenyDefaultRequested", "deny @type=*", true, false},
        ReplyCase{"DenyDefaultUnrequested", "deny @type=*", false, true},
        ReplyCase{"DenyFalseRequested", "deny @requested_reply=false", true, false},
        ReplyCase{"DenyTrueRequested", "deny @requested_reply=true", true, true},
        ReplyCase{"DenyTrueUnrequested", "deny @requested_reply=true", false, true}),
    [](const auto& each) { return each.param.name; });

// POL-027: the attribute says nothing about messages without REPLY_SERIAL.
TEST(Policy, RequestedReplyIsIgnoredForMessagesThatAreNoReplies) {
  const Message message = call();

  EXPECT_TRUE(may_send(defaults({"allow send_requested_reply=true"}), {.message = message}));
  EXPECT_FALSE(may_send(defaults({"allow send_type=*", "deny send_requested_reply=false"}),
                        {.message = message}));
}

// POL-028, POL-041.
TEST(Policy, AnAbsentPathMemberOrErrorCountsAsAMatch) {
  const Message without = reply();
  const Delivery delivery{.message = without, .requested_reply = true};

  EXPECT_TRUE(may_send(defaults({"allow send_path=/o"}), delivery));
  EXPECT_TRUE(may_send(defaults({"allow send_path=/o send_member=M"}), delivery));
  EXPECT_TRUE(may_send(defaults({"allow send_error=org.example.E"}), delivery));
  EXPECT_TRUE(may_receive(defaults({"allow receive_path=/o"}), delivery));
  EXPECT_TRUE(may_receive(defaults({"allow receive_error=org.example.E"}), delivery));
}

// POL-028.
TEST(Policy, APresentPathMemberOrErrorMustBeEqual) {
  const Message message = call();
  Message error = reply(MessageType::error);
  error.error_name = "org.example.E";

  EXPECT_TRUE(may_send(defaults({"allow send_path=/o send_member=M"}), {.message = message}));
  EXPECT_FALSE(may_send(defaults({"allow send_path=/x"}), {.message = message}));
  EXPECT_FALSE(may_send(defaults({"allow send_path=/o send_member=X"}), {.message = message}));
  EXPECT_FALSE(may_send(defaults({"allow send_error=org.example.X"}),
                        {.message = error, .requested_reply = true}));
}

// POL-029, POL-041.
TEST(Policy, WithoutAnInterfaceAllowRulesThatNameOneAreSkippedAndDenyRulesApply) {
  const Message message = call("");

  EXPECT_FALSE(may_send(defaults({"allow send_interface=org.example.I"}), {.message = message}));
  EXPECT_FALSE(may_send(defaults({"allow send_type=*", "deny send_interface=org.example.I"}),
                        {.message = message}));
  EXPECT_FALSE(
      may_receive(defaults({"allow receive_type=*", "deny receive_interface=org.example.I"}),
                  {.message = message}));
}

// POL-030.
TEST(Policy, SendBroadcastTellsBroadcastsFromAllElse) {
  const Message message = signal();
  const Message unicast = call();
  const Delivery broadcast{.message = message, .broadcast = true};

  EXPECT_TRUE(may_send(defaults({"allow send_broadcast=true"}), broadcast));
  EXPECT_FALSE(may_send(defaults({"allow send_broadcast=true"}), {.message = unicast}));
  EXPECT_FALSE(may_send(defaults({"allow send_broadcast=false"}), broadcast));
  EXPECT_TRUE(may_send(defaults({"allow send_broadcast=false"}), {.message = unicast}));
  EXPECT_TRUE(may_send(defaults({"allow send_type=*"}), broadcast));
}

// POL-031: whichever name the message is addressed to; unique names too.
TEST(Policy, SendDestinationIsAnyNameThatTheReceiverOwnsOrWaitsFor) {
  const PolicyRules from =
      defaults({"allow send_type=*", "deny send_destination=org.b", "deny send_destination=:1.9"});
  const Message message = call();

  EXPECT_FALSE(may_send(from, {.message = message}, {":1.5", "org.example", "org.b"}));
  EXPECT_FALSE(may_send(from, {.message = message}, {":1.9", "org.example"}));
  EXPECT_TRUE(may_send(from, {.message = message}, {":1.5", "org.example"}));
}

// POL-032, POL-033: the caller passes what the DESTINATION text means.
TEST(Policy, WithoutAReceiverTheDestinationTextStandsForIt) {
  const Message message = call(bus, "Hello");

  EXPECT_TRUE(may_send(defaults({"allow send_destination=org.freedesktop.DBus"}),
                       {.message = message}, {bus}));
  EXPECT_FALSE(may_send(defaults({"allow send_destination=org.freedesktop.DBus"}),
                        {.message = message}, {"org.example"}));
}

// POL-034.
TEST(Policy, ADestinationPrefixIsANameOrWhatLiesBelowIt) {
  const PolicyRules from = defaults({"allow send_destination_prefix=org.a"});
  const Message message = call();

  EXPECT_TRUE(may_send(from, {.message = message}, {"org.a"}));
  EXPECT_TRUE(may_send(from, {.message = message}, {"org.a.b.c"}));
  EXPECT_FALSE(may_send(from, {.message = message}, {"org.ab"}));
  EXPECT_FALSE(may_send(from, {.message = message}, {"org"}));
}

// POL-035.
TEST(Policy, ANameDeniedAsDestinationIsDeniedForBroadcastsToo) {
  const PolicyRules from = defaults({"allow send_type=signal", "deny send_destination=org.secret"});
  const Message message = signal();

  EXPECT_FALSE(may_send(from, {.message = message, .broadcast = true}, {":1.2", "org.secret"}));
  EXPECT_TRUE(may_send(from, {.message = message, .broadcast = true}, {":1.3"}));
}

// POL-036, POL-041.
TEST(Policy, FdBoundsAreInclusive) {
  const Message message = call();
  const PolicyRules from = defaults({"allow send_type=* min_fds=1 max_fds=2"});

  EXPECT_FALSE(may_send(from, {.message = message, .fds = 0}));
  EXPECT_TRUE(may_send(from, {.message = message, .fds = 1}));
  EXPECT_TRUE(may_send(from, {.message = message, .fds = 2}));
  EXPECT_FALSE(may_send(from, {.message = message, .fds = 3}));
  EXPECT_FALSE(may_receive(defaults({"allow receive_type=*", "deny receive_type=* min_fds=1"}),
                           {.message = message, .fds = 1}));
}

// POL-037: beyond replies, eavesdrop means nothing for sending.
TEST(Policy, EavesdropDoesNotLimitASendRule) {
  const Message message = call();

  EXPECT_TRUE(
      may_send(defaults({"allow send_type=*"}), {.message = message, .eavesdropping = true}));
  EXPECT_FALSE(may_send(defaults({"allow send_type=*", "deny send_type=* eavesdrop=true"}),
                        {.message = message}));
}

// POL-038.
TEST(Policy, TheVerdictSaysThatItIsToBeLogged) {
  Policy policy(defaults({"allow send_type=* log=true"}));
  const Message message = call();

  const Verdict verdict = policy.for_identity(somebody)->may_send({.message = message}, {});

  EXPECT_TRUE(verdict.allowed);
  EXPECT_TRUE(verdict.log);
}

// POL-040.
TEST(Policy, EavesdroppersNeedRulesThatAllowEavesdropping) {
  const Message message = call();
  const Delivery overheard{.message = message, .eavesdropping = true};
  const Delivery addressed{.message = message};

  EXPECT_FALSE(may_receive(defaults({"allow receive_type=*"}), overheard));
  EXPECT_TRUE(may_receive(defaults({"allow eavesdrop=true"}), overheard));
  EXPECT_TRUE(may_receive(defaults({"allow eavesdrop=true"}), addressed));
  EXPECT_FALSE(may_receive(defaults({"allow eavesdrop=true", "deny eavesdrop=true"}), overheard));
  EXPECT_TRUE(may_receive(defaults({"allow eavesdrop=true", "deny eavesdrop=true"}), addressed));
  EXPECT_FALSE(may_receive(defaults({"allow eavesdrop=true", "deny receive_type=*"}), overheard));
}

// POL-041.
TEST(Policy, ReceiveRulesCompareTheSameFieldsAsSendRules) {
  const Message message = call();

  EXPECT_TRUE(may_receive(defaults({"allow receive_type=method_call receive_path=/o "
                                    "receive_interface=org.example.I receive_member=M"}),
                          {.message = message}));
  EXPECT_FALSE(may_receive(defaults({"allow receive_type=signal"}), {.message = message}));
  EXPECT_FALSE(may_receive(defaults({"allow receive_path=/x"}), {.message = message}));
  EXPECT_FALSE(may_receive(defaults({"allow receive_interface=org.x"}), {.message = message}));
}

// POL-042.
TEST(Policy, ReceiveSenderIsAnyNameThatTheSenderOwnsOrTheBus) {
  const PolicyRules from =
      defaults({"allow receive_sender=org.a", "allow receive_sender=org.freedesktop.DBus"});
  const Message message = call();

  EXPECT_TRUE(may_receive(from, {.message = message}, {":1.3", "org.z", "org.a"}));
  EXPECT_TRUE(may_receive(from, {.message = message}, {bus}));
  EXPECT_FALSE(may_receive(from, {.message = message}, {":1.3", "org.z"}));
}

// POL-044, POL-045.
TEST(Policy, OwnRulesNameOneNameAllNamesOrAPrefix) {
  EXPECT_TRUE(may_own(defaults({"allow own=org.a"}), "org.a"));
  EXPECT_FALSE(may_own(defaults({"allow own=org.a"}), "org.a.b"));
  EXPECT_TRUE(may_own(defaults({"allow own_prefix=org.a"}), "org.a"));
  EXPECT_TRUE(may_own(defaults({"allow own_prefix=org.a"}), "org.a.b.c"));
  EXPECT_FALSE(may_own(defaults({"allow own_prefix=org.a"}), "org.ab"));
  EXPECT_TRUE(may_own(defaults({"allow own=*"}), "org.a"));
  EXPECT_FALSE(may_own(defaults({"allow own_prefix=*"}), "org.a"));
  EXPECT_FALSE(may_own(defaults({"allow own=*", "deny own_prefix=org"}), "org.a"));
  EXPECT_TRUE(may_own(defaults({"deny own_prefix=org", "allow own=org.a"}), "org.a"));
}

// POL-046, POL-047.
TEST(Policy, TheLastConnectRuleThatNamesTheIdentityDecides) {
  Policy policy(rules({{Context::mandatory, 0, {"deny group=66"}},
                       {Context::defaults, 0, {"allow user=*", "deny user=5", "allow group=44"}}}));
  const std::uint32_t bus_uid = 100;

  EXPECT_TRUE(policy.may_connect({.uid = 1, .groups = {}}, bus_uid));
  EXPECT_FALSE(policy.may_connect({.uid = 5, .groups = {1}}, bus_uid));
  EXPECT_TRUE(policy.may_connect({.uid = 5, .groups = {1, 44}}, bus_uid));
  EXPECT_FALSE(policy.may_connect({.uid = 5, .groups = {44, 66}}, bus_uid));
}

// POL-046: root gets no automatic right.
TEST(Policy, WithoutAConnectRuleOnlyTheBusesOwnUserMayConnect) {
  const Policy policy(rules({{Context::user, 7, {"allow user=7"}}}));

  EXPECT_TRUE(policy.may_connect({.uid = 100, .groups = {}}, 100));
  EXPECT_FALSE(policy.may_connect({.uid = 0, .groups = {}}, 100));
  EXPECT_FALSE(policy.may_connect({.uid = 7, .groups = {}}, 100));
}

// POL-049: allow_anonymous is not policy's to say.
TEST(Policy, ConnectRulesNeverAllowTheAnonymous) {
  const Policy policy(defaults({"allow user=*"}));

  EXPECT_FALSE(policy.may_connect({.uid = {}, .groups = {}}, 100));
}

// POL-056: such a rule erases nothing.
TEST(Policy, ARuleWithOnlyALimitLeavesEarlierRulesInForce) {
  const PolicyRules from =
      defaults({"allow send_interface=org.example.I", "deny send_type=* min_fds=1"});
  const Message message = call();

  EXPECT_TRUE(may_send(from, {.message = message, .fds = 0}));
  EXPECT_FALSE(may_send(from, {.message = message, .fds = 1}));
}

/// POL-057, POL-058.
PolicyRules system_policy() {
  const std::string to_bus = "send_destination=org.freedesktop.DBus ";
  return rules(
      {{Context::defaults,
        0,
        {"allow user=*", "deny own=*", "deny send_type=method_call", "allow send_type=signal",
         "allow send_requested_reply=true send_type=method_return",
         "allow send_requested_reply=true send_type=error", "allow receive_type=method_call",
         "allow receive_type=method_return", "allow receive_type=error",
         "allow receive_type=signal", "allow " + to_bus + "send_interface=org.freedesktop.DBus",
         "allow " + to_bus + "send_interface=org.freedesktop.DBus.Introspectable",
         "allow " + to_bus + "send_interface=org.freedesktop.DBus.Properties",
         "deny " + to_bus +
             "send_interface=org.freedesktop.DBus send_member=UpdateActivationEnvironment",
         "deny " + to_bus + "send_interface=org.freedesktop.DBus.Debug.Stats"}},
       {Context::user,
        0,
        {"allow " + to_bus + "send_interface=org.freedesktop.DBus.Debug.Stats"}}});
}

// POL-057, POL-058, POL-059.
TEST(Policy, TheSystemBusLetsUsersCallItsOwnInterfacesAndRootItsStatistics) {
  Policy policy(system_policy());
  const auto user = policy.for_identity(somebody);
  const auto root = policy.for_identity({.uid = 0, .groups = {0}});
  const auto receiver = keys(policy, {bus});
  const auto may = [&](const auto& set, std::string_view interface, std::string_view member) {
    const Message message = call(interface, member);
    return set->may_send({.message = message}, receiver).allowed;
  };

  EXPECT_TRUE(may(user, "org.freedesktop.DBus", "ListNames"));
  EXPECT_FALSE(may(user, "org.freedesktop.DBus", "UpdateActivationEnvironment"));
  EXPECT_FALSE(may(user, "org.freedesktop.DBus.Peer", "Ping"));
  EXPECT_FALSE(may(user, "", "ListNames"));
  EXPECT_FALSE(may(user, "org.freedesktop.DBus.Debug.Stats", "GetStats"));
  EXPECT_TRUE(may(root, "org.freedesktop.DBus.Debug.Stats", "GetStats"));
}

// POL-057.
TEST(Policy, TheSystemBusDeniesUnrequestedRepliesAndCallsToOthers) {
  const Message a_call = call();
  const Message a_reply = reply();
  const Message a_signal = signal();

  EXPECT_FALSE(may_send(system_policy(), {.message = a_call}, {"org.example"}));
  EXPECT_TRUE(may_send(system_policy(), {.message = a_signal, .broadcast = true}));
  EXPECT_TRUE(may_send(system_policy(), {.message = a_reply, .requested_reply = true}));
  EXPECT_FALSE(may_send(system_policy(), {.message = a_reply, .requested_reply = false}));
  EXPECT_TRUE(may_receive(system_policy(), {.message = a_call}, {"org.example"}));
}

// POL-060.
TEST(Policy, TheSessionBusAllowsEverything) {
  const PolicyRules from =
      defaults({"allow send_destination=* eavesdrop=true", "allow eavesdrop=true", "allow own=*"});
  const Message a_call = call("");
  const Message a_reply = reply();

  EXPECT_TRUE(may_send(from, {.message = a_call}, {bus}));
  EXPECT_TRUE(may_send(from, {.message = a_reply, .requested_reply = false}));
  EXPECT_TRUE(may_receive(from, {.message = a_call, .eavesdropping = true}));
  EXPECT_TRUE(may_own(from, "org.example"));
}

TEST(Policy, KeysAreAscendingAndWithoutDuplicatesOverAllNamesOfAPeer) {
  const Policy policy(defaults({"allow send_destination=org.a.b", "allow receive_sender=org.c",
                                "allow send_destination_prefix=org.a", "deny send_destination=:1.3",
                                "allow send_destination_prefix=org"}));

  const std::vector<PolicyKey> found = keys(policy, {":1.3", "org.c", "org.a.b", "org.a"});

  EXPECT_THAT(found, ::testing::SizeIs(5));
  EXPECT_TRUE(std::ranges::is_sorted(found));
  EXPECT_THAT(keys(policy, {":1.4", "com.x"}), ::testing::IsEmpty());
}

TEST(Policy, IdentitiesToWhichTheSameSectionsApplyShareOneSet) {
  Policy policy(rules({{Context::defaults, 0, {"deny own=*"}},
                       {Context::group, 50, {"allow own=a"}},
                       {Context::user, 0, {"allow own=b"}}}));

  const auto set = policy.for_identity({.uid = 1000, .groups = {7, 50, 1000}});

  EXPECT_EQ(set, policy.for_identity({.uid = 1001, .groups = {50, 1001}}));
  EXPECT_NE(set, policy.for_identity({.uid = 1001, .groups = {1001}}));
  EXPECT_NE(set, policy.for_identity({.uid = 0, .groups = {50}}));
  EXPECT_EQ(policy.for_identity({.uid = {}, .groups = {}}), policy.for_identity(somebody));
}

TEST(Policy, ASetOutlivesThePolicyItWasMadeFrom) {
  std::shared_ptr<const PolicySet> set;
  {
    Policy policy(defaults({"allow own=org.a"}));
    set = policy.for_identity(somebody);
  }

  EXPECT_EQ(set->may_own("org.a").rule->name, "org.a");
}

TEST(Policy, ForgetsSetsThatNobodyUsesWhenThereAreMany) {
  std::vector<testing::Section> sections;
  for (std::uint32_t uid = 0; uid < 200; ++uid)
    sections.push_back({Context::user, uid, {"allow own=a"}});
  Policy policy(rules(sections));
  const auto kept = policy.for_identity({.uid = 3, .groups = {}});
  const std::weak_ptr<const PolicySet> forgotten = policy.for_identity({.uid = 4, .groups = {}});

  for (std::uint32_t uid = 5; uid < 200; ++uid) {
    (void)policy.for_identity({.uid = uid, .groups = {}});
  }

  EXPECT_TRUE(forgotten.expired());
  EXPECT_EQ(policy.for_identity({.uid = 3, .groups = {}}), kept);
}

TEST(Policy, OverriddenRulesComeLatestFirstWithoutTheDecidingOne) {
  Policy policy(defaults({"allow send_type=method_call", "allow send_destination=org.a",
                          "allow send_destination=org.b", "allow receive_type=method_call",
                          "deny send_interface=org.example.I"}));
  const Message message = call();
  const auto set = policy.for_identity(somebody);

  std::vector<std::string> places;
  for (const PolicyRule* each :
       set->overridden_send({.message = message}, keys(policy, {"org.a"}))) {
    places.push_back(policy.where(*each));
  }

  EXPECT_THAT(places, ::testing::ElementsAre("test.conf:2", "test.conf:1"));
  EXPECT_THAT(set->overridden_receive({.message = message}, {}), ::testing::IsEmpty());
}

TEST(Policy, ARuleIsShownInTheWordsOfTheConfiguration) {
  EXPECT_EQ(to_string(rule("deny send_destination=org.example send_type=method_call")),
            R"(<deny send_destination="org.example" send_type="method_call"/>)");
  EXPECT_EQ(to_string(rule("allow send_destination=* eavesdrop=true")),
            R"(<allow send_destination="*" eavesdrop="true"/>)");
  EXPECT_EQ(to_string(rule("allow eavesdrop=true")), R"(<allow eavesdrop="true"/>)");
  EXPECT_EQ(to_string(rule("allow receive_sender=a&b max_fds=0 log=true")),
            R"(<allow receive_sender="a&amp;b" max_fds="0" log="true"/>)");
  EXPECT_EQ(to_string(rule("allow own_prefix=org.a")), R"(<allow own_prefix="org.a"/>)");
  EXPECT_EQ(to_string(rule("deny own=*")), R"(<deny own="*"/>)");
  EXPECT_EQ(to_string(rule("allow group=44")), R"(<allow group="44"/>)");
  EXPECT_EQ(to_string(rule("allow user=*")), R"(<allow user="*"/>)");
}

}  // namespace
}  // namespace headway::broker
