// SPDX-License-Identifier: MIT
#include "tool/names.h"

#include <gtest/gtest.h>

namespace headway::tool {
namespace {

TEST(Patterns, WithoutStarsArePartsOfTheText) {
  EXPECT_TRUE(is_like("org.example.Lamp", "exam"));
  EXPECT_TRUE(is_like("org.example.Lamp", ""));
  EXPECT_FALSE(is_like("org.example.Lamp", "lamp"));
}

TEST(Patterns, WithStarsAreTheWholeText) {
  EXPECT_TRUE(is_like("org.example.Lamp", "*.Lamp"));
  EXPECT_TRUE(is_like("org.example.Lamp", "org.*.L?mp"));
  EXPECT_TRUE(is_like("org.example.Lamp", "org.example.Lamp*"));
  EXPECT_TRUE(is_like("aab", "*ab"));
  EXPECT_TRUE(is_like("", "**"));
  EXPECT_FALSE(is_like("org.example.Lamp", "example.*"));
  EXPECT_FALSE(is_like("org.example.Lamp", "*.Lam"));
  EXPECT_FALSE(is_like("a", "??"));
}

}  // namespace
}  // namespace headway::tool
