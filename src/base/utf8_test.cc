// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace headway {
namespace {

bool valid(std::string_view text) { return is_utf8(as_bytes(text)); }

TEST(Utf8, AcceptsEveryLengthOfSequenceAtEveryAlignment) {
  for (std::size_t pad = 0; pad < 9; ++pad) {
    const std::string before(pad, 'a');
    EXPECT_TRUE(valid(before + "\xC2\x80"
                               "z"));
    EXPECT_TRUE(valid(before + "\xE0\xA0\x80"
                               "z"));
    EXPECT_TRUE(valid(before + "\xED\x9F\xBF"));
    EXPECT_TRUE(valid(before + "\xF0\x90\x80\x80"));
    EXPECT_TRUE(valid(before + "\xF4\x8F\xBF\xBF"));
  }
}

TEST(Utf8, AcceptsNoncharacters) { EXPECT_TRUE(valid("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xB7\x90")); }

TEST(Utf8, RefusesOverlongSurrogatesAndBeyondUnicode) {
  EXPECT_FALSE(valid("\xC0\x80"));
  EXPECT_FALSE(valid("\xC1\xBF"));
  EXPECT_FALSE(valid("\xE0\x9F\xBF"));
  EXPECT_FALSE(valid("\xED\xA0\x80"));
  EXPECT_FALSE(valid("\xF0\x8F\xBF\xBF"));
  EXPECT_FALSE(valid("\xF4\x90\x80\x80"));
  EXPECT_FALSE(valid("\xF5\x80\x80\x80"));
}

TEST(Utf8, RefusesTruncatedAndStrayBytes) {
  EXPECT_FALSE(valid("abcdefgh\xE2\x82"));
  EXPECT_FALSE(valid("abcdefg\x80"));
  EXPECT_FALSE(valid("\xF0\x90\x80"));
}

TEST(Utf8, ReplacesWhatIsNone) {
  EXPECT_EQ(as_utf8("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(as_utf8("a\xFF"
                    "b\xC3"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(as_utf8(std::string_view("\0x", 2)), "\xEF\xBF\xBDx");
}

}  // namespace
}  // namespace headway
