// SPDX-License-Identifier: MIT
#include "wire/hex.h"

#include <gtest/gtest.h>

#include <string>

namespace headway::wire {
namespace {

TEST(Hex, WritesLowerCaseAndReadsEither) {  // AUTH-007
  EXPECT_EQ(to_hex(std::string_view("1000")), "31303030");
  EXPECT_EQ(to_hex(std::string_view("\xab\x00\xff", 3)), "ab00ff");
  EXPECT_EQ(from_hex("aB00Ff"), std::string("\xab\x00\xff", 3));
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, RefusesOddCountsAndOtherCharacters) {  // AUTH-007
  EXPECT_EQ(from_hex("abc"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
  EXPECT_EQ(from_hex("0x"), std::nullopt);
  EXPECT_EQ(from_hex("31 "), std::nullopt);
  EXPECT_TRUE(is_hex("00fF"));
  EXPECT_FALSE(is_hex(""));
  EXPECT_FALSE(is_hex("0"));
  EXPECT_FALSE(is_hex("0/"));
}

}  // namespace
}  // namespace headway::wire
