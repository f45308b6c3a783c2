// SPDX-License-Identifier: MIT
#include "daemon/late_users.h"

#include <gtest/gtest.h>

namespace headway::daemon {
namespace {

const std::vector<config::LateUser> users = {{.name = "tere"}, {.name = "web"}};

TEST(LateUsers, OnlyUsersThatTheConfigurationNamesAreBound) {
  LateUsers late;
  EXPECT_FALSE(late.bind(61200, "other", users));
  EXPECT_FALSE(late.bind(61200, "", users));
  EXPECT_TRUE(late.bind(61200, "tere", users));
  EXPECT_FALSE(late.bind(61200, "tere", users));
  ASSERT_EQ(late.bound().size(), 1u);
  EXPECT_EQ(late.bound()[0].uid, 61200u);
}

TEST(LateUsers, ANumberThatIsSomebodyElsesNowIsUnbound) {
  LateUsers late;
  ASSERT_TRUE(late.bind(61200, "tere", users));
  EXPECT_TRUE(late.bind(61200, "web", users));
  ASSERT_EQ(late.bound().size(), 1u);
  EXPECT_EQ(late.bound()[0].name, "web");
  EXPECT_TRUE(late.bind(61200, "", users));
  EXPECT_TRUE(late.bound().empty());
}

TEST(LateUsers, AUserWithANewNumberLosesTheOldOne) {
  LateUsers late;
  ASSERT_TRUE(late.bind(61200, "tere", users));
  ASSERT_TRUE(late.bind(61300, "tere", users));
  ASSERT_EQ(late.bound().size(), 1u);
  EXPECT_EQ(late.bound()[0].uid, 61300u);
}

TEST(LateUsers, OrdinaryUsersAreNeverAskedAbout) {
  EXPECT_FALSE(LateUsers::may_be_late(0));
  EXPECT_FALSE(LateUsers::may_be_late(1000));
  EXPECT_TRUE(LateUsers::may_be_late(61184));
  EXPECT_FALSE(LateUsers::may_be_late(65520));
}

}  // namespace
}  // namespace headway::daemon
