// SPDX-License-Identifier: MIT
#include "lsm/apparmor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsm/lsm_testing.h"

namespace headway::lsm {
namespace {

using namespace std::string_literals;
using broker::Credentials;
using broker::Mediator;
using testing::BuiltMessage;
using testing::credentials;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string a_to_b =
    "label\0/bin/a\0\x20system\0org.example.Service\0/bin/b\0/path\0org.example.I\0Do"s;
const std::string b_from_a = "label\0/bin/b\0\x20system\0:1.1\0/bin/a\0/path\0org.example.I\0Do"s;

class ApparmorTest : public ::testing::Test {
 protected:
  explicit ApparmorTest(Apparmor::Bus bus = {"system", "unconfined"})
      : apparmor_(kernel_, std::move(bus), sink_) {}

  Mediator::Answer send(const Credentials& sender, const Credentials* receiver,
                        const wire::HeaderFields& fields = testing::call_fields(),
                        bool requested_reply = false) {
    const BuiltMessage message(fields);
    return apparmor_.may_send({.message = message.get(),
                               .sender = sender,
                               .sender_name = ":1.1",
                               .receiver = receiver,
                               .requested_reply = requested_reply});
  }
  std::vector<std::string> take_queries() { return std::exchange(kernel_.queries, {}); }

  testing::FakeApparmor kernel_;
  testing::RecordingSink sink_;
  Apparmor apparmor_;
  const Credentials a_ = credentials("/bin/a (enforce)", 10);
  const Credentials b_ = credentials("/bin/b (enforce)", 20);
  const Credentials free_ = credentials("unconfined", 30);
};

TEST_F(ApparmorTest, TheSendersProfileIsAskedToSendAndTheReceiversToReceive) {  // LSM-015
  EXPECT_TRUE(send(a_, &b_));
  EXPECT_THAT(take_queries(), ElementsAre(a_to_b, b_from_a));
}

TEST_F(ApparmorTest, BothSidesMustAllow) {  // LSM-015
  kernel_.answers[a_to_b] = {.allow = apparmor_receive};
  EXPECT_FALSE(send(a_, &b_));
  EXPECT_THAT(take_queries(), ElementsAre(a_to_b, b_from_a));  // both, for their records

  kernel_.answers.clear();
  kernel_.answers[b_from_a] = {.allow = apparmor_send};
  EXPECT_FALSE(send(a_, &b_));
}

TEST_F(ApparmorTest, WhatIsDeniedIsNotAllowedAsWell) {
  kernel_.answers[a_to_b] = {.allow = ~0u, .deny = apparmor_send};
  EXPECT_FALSE(send(a_, &b_));
}

TEST_F(ApparmorTest, AnUnconfinedSideIsNotAsked) {  // LSM-013
  EXPECT_TRUE(send(free_, &free_));
  EXPECT_THAT(take_queries(), IsEmpty());
  EXPECT_TRUE(send(free_, &b_));
  EXPECT_THAT(take_queries(), ElementsAre(HasSubstr("label\0/bin/b\0"s)));
  EXPECT_TRUE(send(a_, &free_));
  EXPECT_THAT(take_queries(), ElementsAre(HasSubstr("\0unconfined\0/path"s)));
  EXPECT_TRUE(apparmor_.may_own(free_, "org.example.A"));
  EXPECT_TRUE(apparmor_.may_eavesdrop(free_));
  EXPECT_THAT(take_queries(), IsEmpty());
}

TEST_F(ApparmorTest, ABroadcastIsAddressedToTheBusByName) {  // LSM-015
  EXPECT_TRUE(send(a_, &free_, testing::signal_fields()));
  EXPECT_THAT(take_queries(),
              ElementsAre("label\0/bin/a\0\x20system\0org.freedesktop.DBus\0unconfined\0/path\0"
                          "org.example.I\0Changed"s));
}

TEST_F(ApparmorTest, ARequestedReplyIsAlwaysAllowed) {  // LSM-018
  kernel_.error = ENOENT;
  EXPECT_TRUE(send(a_, &b_, testing::error_fields(), true));
  EXPECT_THAT(take_queries(), IsEmpty());
  EXPECT_FALSE(send(a_, &b_, testing::error_fields(), false));
}

TEST_F(ApparmorTest, ANameIsAskedAboutAsBind) {  // LSM-016
  const std::string query = "label\0/bin/a\0\x20system\0org.example.A"s;
  EXPECT_TRUE(apparmor_.may_own(a_, "org.example.A"));
  EXPECT_THAT(take_queries(), ElementsAre(query));
  kernel_.answers[query] = {.allow = ~apparmor_bind};
  EXPECT_FALSE(apparmor_.may_own(a_, "org.example.A"));
}

TEST_F(ApparmorTest, EavesdroppingIsAPermissionOfItsOwn) {  // LSM-017
  const std::string query = "label\0/bin/a\0\x20system"s;
  EXPECT_TRUE(apparmor_.may_eavesdrop(a_));
  EXPECT_THAT(take_queries(), ElementsAre(query));
  kernel_.answers[query] = {.allow = ~apparmor_eavesdrop};
  EXPECT_FALSE(apparmor_.may_eavesdrop(a_));
}

TEST_F(ApparmorTest, AStartIsASendToTheAssumedLabel) {  // LSM-019
  const BuiltMessage message(testing::call_fields());
  const Mediator::Sending sending{.message = message.get(), .sender = a_, .sender_name = ":1.1"};
  EXPECT_TRUE(apparmor_.may_start(sending, ""));
  EXPECT_THAT(take_queries(), IsEmpty());

  EXPECT_TRUE(apparmor_.may_start(sending, "/bin/b"));
  EXPECT_THAT(take_queries(), ElementsAre(a_to_b));
  kernel_.answers[a_to_b] = {};
  EXPECT_FALSE(apparmor_.may_start(sending, "/bin/b"));
}

TEST_F(ApparmorTest, AComplainingProfileForbidsNothing) {  // LSM-020
  const Credentials complaining = credentials("/bin/a (complain)", 10);
  kernel_.answers[a_to_b] = {};
  EXPECT_TRUE(send(complaining, &b_));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("apparmor=\"ALLOWED\"")));
  // The other side's profile still does.
  kernel_.answers[b_from_a] = {};
  EXPECT_FALSE(send(complaining, &b_));
}

TEST_F(ApparmorTest, WhatTheKernelCannotAnswerIsDenied) {
  kernel_.error = ENOENT;
  const auto answer = send(a_, &b_);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().rule, HasSubstr("No such file or directory"));
}

TEST_F(ApparmorTest, ADeniedCallIsRecordedForEachSideThatDeniesIt) {  // LSM-021
  kernel_.answers[a_to_b] = {};
  kernel_.answers[b_from_a] = {};
  const auto answer = send(a_, &b_);
  EXPECT_THAT(
      sink_.take(),
      ElementsAre("apparmor=\"DENIED\" operation=\"dbus_method_call\" bus=\"system\" "
                  "path=\"/path\" interface=\"org.example.I\" member=\"Do\" mask=\"send\" "
                  "name=\"org.example.Service\" pid=10 label=\"/bin/a\" peer_pid=20 "
                  "peer_label=\"/bin/b\"",
                  "apparmor=\"DENIED\" operation=\"dbus_method_call\" bus=\"system\" "
                  "path=\"/path\" interface=\"org.example.I\" member=\"Do\" mask=\"receive\" "
                  "name=\":1.1\" pid=20 label=\"/bin/b\" peer_pid=10 peer_label=\"/bin/a\""));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().module, "AppArmor");
  EXPECT_THAT(answer.error().rule, HasSubstr("mask=\"send\""));
}

TEST_F(ApparmorTest, ARecordHasOnlyWhatTheMessageHas) {  // LSM-021
  kernel_.error = ENOENT;
  static_cast<void>(send(a_, nullptr, testing::error_fields()));
  EXPECT_THAT(sink_.take(),
              ElementsAre("apparmor=\"DENIED\" operation=\"dbus_error\" bus=\"system\" "
                          "error_name=\"org.example.Error\" mask=\"send\" name=\":1.7\" pid=10 "
                          "label=\"/bin/a\" peer_label=\"unconfined\""));
}

TEST_F(ApparmorTest, DeniedNamesAndEavesdroppersAreRecorded) {  // LSM-021
  kernel_.error = ENOENT;
  static_cast<void>(apparmor_.may_own(a_, "org.example.A"));
  static_cast<void>(apparmor_.may_eavesdrop(a_));
  EXPECT_THAT(sink_.take(),
              ElementsAre("apparmor=\"DENIED\" operation=\"dbus_bind\" bus=\"system\" "
                          "mask=\"bind\" name=\"org.example.A\" pid=10 label=\"/bin/a\"",
                          "apparmor=\"DENIED\" operation=\"dbus_eavesdrop\" bus=\"system\" "
                          "mask=\"eavesdrop\" pid=10 label=\"/bin/a\""));
}

TEST_F(ApparmorTest, ProfilesDecideWhatIsRecorded) {
  kernel_.answers[a_to_b] = {.quiet = apparmor_send};
  EXPECT_FALSE(send(a_, &free_) && send(a_, &b_));
  EXPECT_THAT(sink_.take(), IsEmpty());
  kernel_.answers[a_to_b] = {.allow = apparmor_send, .audit = apparmor_send};
  EXPECT_TRUE(send(a_, &b_));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("apparmor=\"ALLOWED\"")));
}

TEST_F(ApparmorTest, ALabelCannotWriteFieldsOfItsOwn) {  // LSM-021
  kernel_.error = ENOENT;
  static_cast<void>(apparmor_.may_eavesdrop(credentials("x\" apparmor=\"ALLOWED", 10)));
  EXPECT_THAT(sink_.take(),
              ElementsAre(HasSubstr(" label=78222061707061726D6F723D22414C4C4F574544")));
}

TEST_F(ApparmorTest, ARecordIsAsciiWhateverTheLabel) {  // LSM-021
  kernel_.error = ENOENT;
  static_cast<void>(apparmor_.may_eavesdrop(credentials("\xff\n", 10)));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr(" label=FF0A")));
}

class ApparmorOfAConfinedBus : public ApparmorTest {
 protected:
  ApparmorOfAConfinedBus() : ApparmorTest({"", "/bin/bus (enforce)"}) {}
};

TEST_F(ApparmorOfAConfinedBus, ItsOwnLabelReceivesWhatIsForTheBus) {  // LSM-015
  EXPECT_TRUE(send(a_, nullptr));
  EXPECT_THAT(
      take_queries(),
      ElementsAre("label\0/bin/a\0\x20\0org.example.Service\0/bin/bus\0/path\0org.example.I\0"
                  "Do"s,
                  "label\0/bin/bus\0\x20\0:1.1\0/bin/a\0/path\0org.example.I\0Do"s));
}

TEST_F(ApparmorOfAConfinedBus, ABusWithoutATypeIsUnknownToTheAuditSystemOnly) {  // LSM-014
  kernel_.error = ENOENT;
  EXPECT_FALSE(apparmor_.may_own(a_, "org.example.A"));
  EXPECT_THAT(take_queries(), ElementsAre("label\0/bin/a\0\x20\0org.example.A"s));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("bus=\"unknown\"")));
}

}  // namespace
}  // namespace headway::lsm
