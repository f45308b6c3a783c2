// SPDX-License-Identifier: MIT
#include "machined/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace headway::machined {
namespace {

std::expected<CommandLine, std::string> parse(const std::vector<const char*>& arguments) {
  return parse_command_line(arguments, "/usr/helper");
}

TEST(CommandLine, HasDefaults) {
  const auto line = parse({});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->task, CommandLine::Task::serve);
  EXPECT_EQ(line->helper, "/usr/helper");
  EXPECT_FALSE(line->address);
}

TEST(CommandLine, TakesAnAddressAndAHelper) {
  const auto line = parse({"--address=unix:path=/a", "--helper=/b"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->address, "unix:path=/a");
  EXPECT_EQ(line->helper, "/b");
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  for (const char* const bad : {"--address", "--address=", "--helper=relative", "shell", "-h"}) {
    const auto line = parse({bad});
    ASSERT_FALSE(line) << bad;
    EXPECT_NE(line.error().find(bad), std::string::npos);
  }
}

}  // namespace
}  // namespace headway::machined
