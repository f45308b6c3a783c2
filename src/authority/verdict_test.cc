// SPDX-License-Identifier: MIT
#include "authority/verdict.h"

#include <gtest/gtest.h>

#include <string>

namespace headway::authority {
namespace {

TEST(Verdict, IsFoundByTheNameItHas) {
  for (std::uint8_t i = 1; i < verdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(verdict_named(name_of(verdict)), verdict) << name_of(verdict);
  }
  EXPECT_EQ(name_of(Verdict::auth_admin_keep), "auth_admin_keep");
}

TEST(Verdict, IsSpelledExactlyOrNotAtAll) {
  for (const char* name : {"", "YES", "yes ", " yes", "ye", "true", "not_handled", "auth-admin"}) {
    EXPECT_EQ(verdict_named(name), std::nullopt) << name;
  }
  EXPECT_EQ(verdict_named(std::string("yes\0", 4)), std::nullopt);
}

}  // namespace
}  // namespace headway::authority
