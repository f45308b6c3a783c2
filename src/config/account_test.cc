// SPDX-License-Identifier: MIT
#include "config/account.h"

#include <gtest/gtest.h>

namespace headway::config {
namespace {

TEST(Account, IsFoundByNameAndByNumber) {
  const auto by_name = find_account("root");
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->uid, 0u);
  EXPECT_EQ(by_name->name, "root");
  EXPECT_FALSE(by_name->home.empty());
  EXPECT_EQ(find_account(0)->name, "root");
  EXPECT_FALSE(find_account("no-such-account"));
  EXPECT_FALSE(find_account("0"));
}

TEST(Account, AConfigurationMayNameItEitherWayConf008) {
  EXPECT_EQ(find_configured_account("root")->name, "root");
  EXPECT_EQ(find_configured_account("0")->name, "root");
  EXPECT_EQ(find_configured_account("no-such-account").error(),
            "there is no user \"no-such-account\"");
  EXPECT_FALSE(find_configured_account("-1"));
}

}  // namespace
}  // namespace headway::config
