// SPDX-License-Identifier: MIT
// What a kernel makes of our questions, by the profiles of tests/lsm/profiles.apparmor. Skipped
// where these are not loaded, as they are on the machine of tests/lsm.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsm/apparmor.h"
#include "lsm/apparmor_fs.h"
#include "lsm/lsm_testing.h"

namespace headway::lsm {
namespace {

using testing::BuiltMessage;
using testing::credentials;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ApparmorKernelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kernel_.query(eavesdrop_query("headway-caller", "system"))) {
      GTEST_SKIP() << "the profiles of tests/lsm are not loaded";
    }
  }

  bool may_send(const std::string& sender, const std::string& receiver, std::string_view member,
                bool broadcast = false) {
    wire::HeaderFields fields = broadcast ? testing::signal_fields() : testing::call_fields();
    fields.member = member;
    const BuiltMessage message(fields);
    const auto from = credentials(sender, 10);
    const auto to = credentials(receiver, 20);
    return apparmor_
        .may_send(
            {.message = message.get(), .sender = from, .sender_name = ":1.1", .receiver = &to})
        .has_value();
  }

  ApparmorFs kernel_{Fd(::open("/sys/kernel/security/apparmor/.access", O_RDWR | O_CLOEXEC))};
  testing::RecordingSink sink_;
  Apparmor apparmor_{kernel_, {"system", "unconfined"}, sink_};
  const std::string caller_ = "headway-caller (enforce)";
  const std::string service_ = "headway-service (enforce)";
};

TEST_F(ApparmorKernelTest, WhatBothProfilesAllowIsAllowed) {  // LSM-014, LSM-015
  EXPECT_TRUE(may_send(caller_, service_, "Do"));
  EXPECT_TRUE(may_send(caller_, service_, "Do"));  // by the same descriptor
  EXPECT_THAT(sink_.take(), IsEmpty());
}

TEST_F(ApparmorKernelTest, WhatOneProfileDoesNotAllowIsDenied) {  // LSM-015
  EXPECT_FALSE(may_send(caller_, service_, "Undo"));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("mask=\"send\""), HasSubstr("mask=\"receive\"")));
  EXPECT_FALSE(may_send(service_, caller_, "Do"));
  EXPECT_FALSE(may_send(caller_, "unconfined", "Do"));  // the rule names its peer
  sink_.take();
  EXPECT_FALSE(may_send("unconfined", service_, "Do"));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("mask=\"receive\"")));
}

TEST_F(ApparmorKernelTest, ABroadcastIsToTheBus) {  // LSM-015
  EXPECT_TRUE(may_send(caller_, "unconfined", "Changed", true));
  EXPECT_FALSE(may_send(caller_, "unconfined", "Changed"));
}

TEST_F(ApparmorKernelTest, ANameAndEavesdroppingAreAllowedToWhomAProfileAllowsThem) {
  const auto caller = credentials(caller_, 10);
  const auto service = credentials(service_, 20);
  EXPECT_TRUE(apparmor_.may_own(caller, "org.example.Mine"));  // LSM-016
  EXPECT_FALSE(apparmor_.may_own(caller, "org.example.Other"));
  EXPECT_FALSE(apparmor_.may_own(service, "org.example.Mine"));
  EXPECT_TRUE(apparmor_.may_eavesdrop(service));  // LSM-017
  EXPECT_FALSE(apparmor_.may_eavesdrop(caller));
}

TEST_F(ApparmorKernelTest, AnotherBusIsAnotherMatter) {  // LSM-014
  Apparmor other(kernel_, {"session", "unconfined"}, sink_);
  EXPECT_FALSE(other.may_own(credentials(caller_, 10), "org.example.Mine"));
}

TEST_F(ApparmorKernelTest, ProfilesSayWhatIsRecorded) {  // LSM-021
  EXPECT_TRUE(may_send(caller_, "unconfined", "Watched"));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("apparmor=\"ALLOWED\"")));
  EXPECT_FALSE(may_send(caller_, "unconfined", "Quiet"));
  EXPECT_THAT(sink_.take(), IsEmpty());
}

TEST_F(ApparmorKernelTest, AComplainingProfileIsRecordedAndForbidsNothing) {  // LSM-020
  EXPECT_TRUE(may_send("headway-trial (complain)", "unconfined", "Do"));
  EXPECT_THAT(sink_.take(), ElementsAre(HasSubstr("apparmor=\"ALLOWED\"")));
}

TEST_F(ApparmorKernelTest, AProfileThatIsGoneForbidsEverything) {
  EXPECT_FALSE(may_send("headway-gone (enforce)", "unconfined", "Do"));
}

TEST_F(ApparmorKernelTest, NoLabelIsAllowedNothing) {  // LSM-013
  EXPECT_FALSE(may_send("", "unconfined", "Do"));
}

}  // namespace
}  // namespace headway::lsm
