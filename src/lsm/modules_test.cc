// SPDX-License-Identifier: MIT
#include "lsm/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsm/lsm_testing.h"

namespace headway::lsm {
namespace {

using testing::FakeApparmor;
using testing::FakeSelinux;

broker::BusFacts facts() {
  broker::BusFacts facts;
  facts.credentials.label = "bus";
  facts.type = "system";
  return facts;
}

class ModulesTest : public ::testing::Test {
 protected:
  ModulesTest() {
    auto selinux = std::make_unique<FakeSelinux>();
    auto apparmor = std::make_unique<FakeApparmor>();
    selinux_ = selinux.get();
    apparmor_ = apparmor.get();
    modules_.emplace(Kernels{std::move(selinux), std::move(apparmor)}, facts(), sink_);
  }
  broker::Mediator::Answer send() {
    const testing::BuiltMessage message(testing::call_fields());
    return modules_->may_send(
        {.message = message.get(), .sender = peer_, .sender_name = ":1.1", .receiver = &peer_});
  }

  FakeSelinux* selinux_ = nullptr;
  FakeApparmor* apparmor_ = nullptr;
  testing::RecordingSink sink_;
  std::optional<Modules> modules_;
  const broker::Credentials peer_ = testing::credentials("peer", 1);
};

TEST_F(ModulesTest, SelinuxIsAskedFirstAndItsNoIsEnough) {  // LSM-023
  const auto answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().module, "SELinux");
  EXPECT_TRUE(apparmor_->queries.empty());
}

TEST_F(ModulesTest, ApparmorIsAskedWhereSelinuxAllows) {  // LSM-023
  selinux_->rules[{"peer", "peer"}].allowed = 1;
  EXPECT_TRUE(send());
  EXPECT_FALSE(apparmor_->queries.empty());
  apparmor_->error = ENOENT;
  const auto answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().module, "AppArmor");
}

TEST_F(ModulesTest, EachQuestionGoesToBoth) {  // LSM-016, LSM-017, LSM-019
  modules_->set_name_contexts({{"org.example.A", "name"}});
  selinux_->rules[{"peer", "name"}].allowed = 2;
  EXPECT_TRUE(modules_->may_own(peer_, "org.example.A"));
  EXPECT_FALSE(modules_->may_own(peer_, "org.example.B"));
  EXPECT_TRUE(modules_->may_eavesdrop(peer_));
  const testing::BuiltMessage message(testing::call_fields());
  EXPECT_TRUE(modules_->may_start(
      {.message = message.get(), .sender = peer_, .sender_name = ":1.1"}, "label"));
  EXPECT_EQ(apparmor_->queries.size(), 3u);
}

TEST(Modules, AreNoneWhereNoKernelIsGiven) {  // LSM-001, LSM-012
  testing::RecordingSink sink;
  const Modules none({}, facts(), sink);
  EXPECT_FALSE(none.is_any_active());
  const FileRights rights = Kernels{}.rights();
  EXPECT_FALSE(rights.reads);
  EXPECT_TRUE(rights.files.empty());
}

TEST(Modules, GoOnNeedingFilesOnlyForSelinux) {
  const Kernels selinux{std::make_unique<FakeSelinux>(), nullptr};
  const Kernels apparmor{nullptr, std::make_unique<FakeApparmor>()};
  EXPECT_FALSE(selinux.rights().files.empty());
  EXPECT_TRUE(apparmor.rights().reads);
  EXPECT_TRUE(apparmor.rights().files.empty());
}

}  // namespace
}  // namespace headway::lsm
