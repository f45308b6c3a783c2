// SPDX-License-Identifier: MIT
#include "lsm/selinux.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsm/lsm_testing.h"

namespace headway::lsm {
namespace {

using broker::Credentials;
using broker::Mediator;
using testing::BuiltMessage;
using testing::credentials;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t send_msg = 1;
constexpr std::uint32_t acquire_svc = 2;

class SelinuxTest : public ::testing::Test {
 protected:
  void allow(const std::string& source, const std::string& target, std::uint32_t bits) {
    kernel_.rules[{source, target}].allowed = bits;
  }
  Mediator::Answer send(const Credentials& sender, const Credentials* receiver,
                        const wire::HeaderFields& fields = testing::call_fields()) {
    const BuiltMessage message(fields);
    return selinux_.may_send(
        {.message = message.get(), .sender = sender, .sender_name = ":1.1", .receiver = receiver});
  }

  testing::FakeSelinux kernel_;
  testing::RecordingSink sink_;
  Selinux selinux_{kernel_, "u:r:bus_t", sink_};
  const Credentials a_ = credentials("u:r:a_t", 10);
  const Credentials b_ = credentials("u:r:b_t", 20);
};

TEST_F(SelinuxTest, SendMsgIsAskedFromTheSendersContextToTheReceivers) {  // LSM-003
  allow("u:r:a_t", "u:r:b_t", send_msg);
  EXPECT_TRUE(send(a_, &b_));
  EXPECT_FALSE(send(b_, &a_));
}

TEST_F(SelinuxTest, TheBussOwnContextIsTheTargetOfMessagesToTheBus) {  // LSM-003
  EXPECT_FALSE(send(a_, nullptr));
  allow("u:r:b_t", "u:r:bus_t", send_msg);
  EXPECT_TRUE(send(b_, nullptr));
}

TEST_F(SelinuxTest, ADenialNamesWhatIsMissing) {  // LSM-007
  const auto answer = send(a_, &b_);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().module, "SELinux");
  EXPECT_EQ(answer.error().rule, "{ send_msg } scontext=u:r:a_t tcontext=u:r:b_t tclass=dbus");
}

TEST_F(SelinuxTest, AcquireSvcIsAskedWithTheContextOfTheName) {  // LSM-004
  selinux_.set_name_contexts({{"org.example.Labelled", "u:object_r:name_t"}});
  allow("u:r:a_t", "u:r:bus_t", acquire_svc);
  EXPECT_TRUE(selinux_.may_own(a_, "org.example.Other"));
  EXPECT_FALSE(selinux_.may_own(a_, "org.example.Labelled"));

  allow("u:r:b_t", "u:object_r:name_t", acquire_svc);
  EXPECT_FALSE(selinux_.may_own(b_, "org.example.Other"));
  EXPECT_TRUE(selinux_.may_own(b_, "org.example.Labelled"));
}

TEST_F(SelinuxTest, OwningAndSendingAreDifferentPermissions) {  // LSM-002
  allow("u:r:a_t", "u:r:bus_t", send_msg);
  EXPECT_TRUE(send(a_, nullptr));
  EXPECT_FALSE(selinux_.may_own(a_, "org.example.Name"));
}

TEST_F(SelinuxTest, AConnectionWithoutAContextCountsAsTheBus) {  // LSM-005
  allow("u:r:bus_t", "u:r:b_t", send_msg);
  allow("u:r:b_t", "u:r:bus_t", send_msg);
  const Credentials unknown = credentials("", 30);
  EXPECT_TRUE(send(unknown, &b_));
  EXPECT_TRUE(send(b_, &unknown));
  EXPECT_FALSE(send(unknown, &a_));
}

TEST_F(SelinuxTest, StartingAServiceAndEavesdroppingAreNotItsMatter) {  // LSM-006
  const BuiltMessage message(testing::call_fields());
  EXPECT_TRUE(
      selinux_.may_start({.message = message.get(), .sender = a_, .sender_name = ":1.1"}, "label"));
  EXPECT_TRUE(selinux_.may_eavesdrop(a_));
  EXPECT_EQ(kernel_.computed, 0);
}

TEST_F(SelinuxTest, WhatThePolicyHasNoWordForIsAsDenyUnknownSays) {  // LSM-002
  kernel_.dbus = {.number = 77, .send_msg = 1, .acquire_svc = 0};
  const auto answer = selinux_.may_own(a_, "org.example.Name");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().rule, HasSubstr("does not know acquire_svc of class dbus"));

  kernel_.now.denies_unknown = false;
  kernel_.change();
  EXPECT_TRUE(selinux_.may_own(a_, "org.example.Name"));
  EXPECT_FALSE(send(a_, &b_));  // is known

  kernel_.dbus = {};
  kernel_.change();
  EXPECT_TRUE(send(a_, &b_));
}

TEST_F(SelinuxTest, AnAnswerIsKeptUntilPolicyOrModeChange) {  // LSM-010
  allow("u:r:a_t", "u:r:b_t", send_msg);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(send(a_, &b_));
  EXPECT_EQ(kernel_.computed, 1);

  kernel_.rules.clear();
  EXPECT_TRUE(send(a_, &b_));
  kernel_.change();
  EXPECT_FALSE(send(a_, &b_));
  EXPECT_EQ(kernel_.computed, 2);
}

TEST_F(SelinuxTest, TheClassIsLookedUpAnewInANewPolicy) {  // LSM-010
  allow("u:r:a_t", "u:r:b_t", 8);
  EXPECT_FALSE(send(a_, &b_));
  kernel_.dbus = {.number = 5, .send_msg = 8, .acquire_svc = 4};
  kernel_.change();
  EXPECT_TRUE(send(a_, &b_));
}

TEST_F(SelinuxTest, NoMoreAnswersAreKeptThanItsBound) {
  for (std::size_t i = 0; i <= Selinux::kept_pairs_max; ++i) {
    static_cast<void>(send(credentials(fmt::format("u:r:c{}_t", i), 1), &b_));
  }
  const int before = kernel_.computed;
  static_cast<void>(send(credentials("u:r:c0_t", 1), &b_));
  EXPECT_EQ(kernel_.computed, before + 1);  // forgotten, and asked again
}

TEST_F(SelinuxTest, WhereNothingIsEnforcedEverythingIsAllowedAndRecordedOnce) {  // LSM-011
  kernel_.now.enforcing = false;
  EXPECT_TRUE(send(a_, &b_));
  EXPECT_TRUE(send(a_, &b_));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("permissive=1")));

  kernel_.now.enforcing = true;
  kernel_.change();
  EXPECT_FALSE(send(a_, &b_));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("permissive=0")));
}

TEST_F(SelinuxTest, OneDomainCanBePermissiveAlone) {  // LSM-011
  kernel_.rules[{"u:r:a_t", "u:r:b_t"}] = {.permissive = true};
  EXPECT_TRUE(send(a_, &b_));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("permissive=1")));
  EXPECT_FALSE(send(b_, &a_));
}

TEST_F(SelinuxTest, WhatTheKernelCannotAnswerIsDeniedWhereItIsEnforced) {
  kernel_.error = EINVAL;
  const auto answer = send(a_, &b_);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().rule, HasSubstr("Invalid argument"));

  kernel_.error = 0;
  allow("u:r:a_t", "u:r:b_t", send_msg);
  EXPECT_TRUE(send(a_, &b_));  // an error is not kept

  kernel_.error = EINVAL;
  kernel_.now.enforcing = false;
  kernel_.change();
  EXPECT_TRUE(send(a_, &b_));
}

TEST_F(SelinuxTest, ADeniedCallIsRecorded) {  // LSM-008
  EXPECT_FALSE(send(a_, &b_));
  EXPECT_THAT(sink_.take(),
              ElementsAre("avc:  denied  { send_msg } for  msgtype=method_call "
                          "interface=org.example.I member=Do dest=org.example.Service spid=10 "
                          "tpid=20 scontext=u:r:a_t tcontext=u:r:b_t tclass=dbus permissive=0"));
}

TEST_F(SelinuxTest, ARecordHasOnlyWhatTheMessageHas) {  // LSM-008
  EXPECT_FALSE(send(a_, &b_, testing::error_fields()));
  EXPECT_THAT(sink_.take(),
              ElementsAre("avc:  denied  { send_msg } for  msgtype=error "
                          "error_name=org.example.Error dest=:1.7 spid=10 tpid=20 "
                          "scontext=u:r:a_t tcontext=u:r:b_t tclass=dbus permissive=0"));
}

TEST_F(SelinuxTest, ABroadcastIsRecordedAsOneToTheBus) {  // LSM-008
  EXPECT_FALSE(send(a_, &b_, testing::signal_fields()));
  EXPECT_THAT(sink_.take(),
              ElementsAre(HasSubstr(" member=Changed dest=org.freedesktop.DBus spid=10 ")));
}

TEST_F(SelinuxTest, ADeniedNameIsRecorded) {  // LSM-008
  EXPECT_FALSE(selinux_.may_own(a_, "org.example.Name"));
  EXPECT_THAT(sink_.take(),
              ElementsAre("avc:  denied  { acquire_svc } for  service=org.example.Name spid=10 "
                          "scontext=u:r:a_t tcontext=u:r:bus_t tclass=dbus permissive=0"));
}

TEST_F(SelinuxTest, PolicyDecidesWhatIsRecorded) {  // LSM-009: dontaudit, auditallow
  kernel_.rules[{"u:r:a_t", "u:r:b_t"}] = {.audited_if_denied = 0};
  EXPECT_FALSE(send(a_, &b_));
  EXPECT_THAT(sink_.take(), IsEmpty());

  kernel_.rules[{"u:r:b_t", "u:r:a_t"}] = {.allowed = send_msg, .audited_if_allowed = send_msg};
  EXPECT_TRUE(send(b_, &a_));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("avc:  granted  { send_msg }")));
}

}  // namespace
}  // namespace headway::lsm
