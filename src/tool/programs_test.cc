// SPDX-License-Identifier: MIT
#include "tool/programs.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace headway::tool {
namespace {

constexpr std::array<const char*, 2> words{"dbus-uuidgen", "--get"};

TEST(Programs, ACompanionIsChosenByTheNameOfALink) {
  const Chosen chosen = choose_program("/usr/bin/dbus-uuidgen", words);

  EXPECT_EQ(chosen.program, &dbus_uuidgen);
  EXPECT_EQ(chosen.arguments.size(), 2);
}

TEST(Programs, TheFirstArgumentChoosesForAnyOtherName) {
  for (const char* const name : {"headway", "/opt/headway", "dbus-nothing", ""}) {
    const Chosen chosen = choose_program(name, words);

    EXPECT_EQ(chosen.program, &dbus_uuidgen) << name;
    ASSERT_EQ(chosen.arguments.size(), 1);
    EXPECT_STREQ(chosen.arguments.front(), "--get");
  }
}

TEST(Programs, NothingIsChosenByAnUnknownWordOrNone) {
  constexpr std::array<const char*, 1> unknown{"dbus-nothing"};

  EXPECT_EQ(choose_program("headway", unknown).program, nullptr);
  EXPECT_EQ(choose_program("headway", {}).program, nullptr);
}

TEST(Programs, EachSaysWhatItIsFor) {
  for (const Program* const program : programs()) {
    EXPECT_EQ(find_program(program->name), program);
    EXPECT_FALSE(program->summary.empty()) << program->name;
    EXPECT_TRUE(usage_of(*program).starts_with("Usage: " + std::string(program->name)));
    EXPECT_TRUE(program->usage.ends_with('\n')) << program->name;
  }
}

}  // namespace
}  // namespace headway::tool
