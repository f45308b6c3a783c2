// SPDX-License-Identifier: MIT
#include "tool/command_line.h"

#include <gtest/gtest.h>

#include <array>

namespace headway::tool {
namespace {

TEST(CommandLine, TakesAValueBehindTheEqualsSignOnly) {
  constexpr std::array<const char*, 3> words{"--file=a=b", "--file=", "--filed=x"};
  CommandLine line(words);

  EXPECT_EQ(line.take_value("--fil"), std::nullopt);
  EXPECT_EQ(line.take_value("--file"), "a=b");
  EXPECT_EQ(line.take_value("--file"), "");
  EXPECT_EQ(line.take_value("--file"), std::nullopt);
  EXPECT_EQ(line.rest().size(), 1);
}

TEST(CommandLine, TakesASeparateValueIfThereIsOne) {
  constexpr std::array<const char*, 4> words{"--file", "--file", "--file=x", "--file"};
  CommandLine line(words);

  EXPECT_EQ(line.take_separate_value("--file"), "--file");
  EXPECT_EQ(line.take_separate_value("--file"), "x");
  EXPECT_EQ(line.take_separate_value("--file"), std::nullopt);
  EXPECT_TRUE(line.take_if("--file"));
  EXPECT_TRUE(line.empty());
  EXPECT_FALSE(line.take_if("--file"));
}

}  // namespace
}  // namespace headway::tool
