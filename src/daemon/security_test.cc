// SPDX-License-Identifier: MIT
#include "daemon/security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsm/apparmor_host.h"
#include "lsm/selinux_host.h"

namespace headway::daemon {
namespace {

using config::ApparmorMode;

broker::BusFacts described(const Security& security) {
  broker::BusFacts facts;
  security.describe(facts);
  return facts;
}

TEST(Security, IsWhatTheMachineHas) {  // LSM-001, LSM-012
  const auto security = Security::find(ApparmorMode::enabled);
  ASSERT_TRUE(security);
  EXPECT_EQ(described(*security).selinux, lsm::selinux_policy_root().has_value());
  EXPECT_EQ(described(*security).apparmor, lsm::apparmor_mount_point().has_value());
  EXPECT_EQ(security->fd().has_value(), described(*security).selinux);
}

TEST(Security, AsksNoApparmorThatIsSwitchedOff) {  // LSM-012
  const auto security = Security::find(ApparmorMode::disabled);
  ASSERT_TRUE(security);
  EXPECT_FALSE(described(*security).apparmor);
}

TEST(Security, DoesNotStartWithoutTheApparmorThatIsRequired) {  // LSM-012
  if (lsm::apparmor_mount_point()) GTEST_SKIP() << "AppArmor mediates D-Bus on this machine";
  const auto security = Security::find(ApparmorMode::required);
  ASSERT_FALSE(security);
  EXPECT_THAT(security.error(),
              ::testing::StartsWith("AppArmor is required by the configuration, but "));
}

}  // namespace
}  // namespace headway::daemon
