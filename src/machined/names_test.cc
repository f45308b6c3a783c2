// SPDX-License-Identifier: MIT
#include "machined/names.h"

#include <gtest/gtest.h>

#include <string>

namespace headway::machined {
namespace {

TEST(MachineNames, AreHostNames) {
  for (const char* const name : {"a", "web-1", "a.b.example", "under_score", "9"}) {
    EXPECT_TRUE(is_machine_name(name)) << name;
  }
  EXPECT_TRUE(is_machine_name(std::string(machine_name_bytes_max, 'a')));
}

TEST(MachineNames, NeverLeadOutOfADirectoryNorLookLikeTheHost) {
  for (const char* const name : {"", ".", "..", ".host", "a/b", "../a", "a..b", "a.", "-a", "a-",
                                 "a.-b", "a b", "a\n", "ä"}) {
    EXPECT_FALSE(is_machine_name(name)) << name;
  }
  EXPECT_FALSE(is_machine_name(std::string(machine_name_bytes_max + 1, 'a')));
  EXPECT_FALSE(is_machine_name(std::string_view("a\0b", 3)));
}

TEST(MachinePaths, EscapeWhatPathsCannotHave) {
  EXPECT_EQ(machine_path("web1"), "/org/freedesktop/machine1/machine/web1");
  EXPECT_EQ(machine_path(".host"), "/org/freedesktop/machine1/machine/_2ehost");
  EXPECT_EQ(machine_path("1-a_b"), "/org/freedesktop/machine1/machine/_31_2da_5fb");
  EXPECT_EQ(path_element(""), "_");
}

}  // namespace
}  // namespace headway::machined
