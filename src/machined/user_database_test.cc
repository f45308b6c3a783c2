// SPDX-License-Identifier: MIT
#include "machined/user_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headway::machined {
namespace {

using testing::ElementsAre;

const std::string passwd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "# not one\n"
    "7:x:8:8:::\n"
    "ann:x:1000:100:Ann,,,:/home/ann:/bin/zsh\n"
    "seven:x:7:7::relative:sh\n"
    "ann:x:0:0:again:/:/bin/sh\n"
    "big:x:4294967294:1::/:/bin/sh\n"
    "none:x:4294967295:1::/:/bin/sh\n"
    "minus:x:-1:1::/:/bin/sh\n"
    "space:x: 5:1::/:/bin/sh\n"
    "few:x:1:1:/:/bin/sh\n"
    "many:x:1:1::/:/bin/sh:x\n"
    ":x:0:0::/:/bin/sh\n"
    "last:x:9:9::/:/bin/sh";

std::string found(std::string_view user) {
  const auto account = find_in_passwd(passwd, user);
  return account ? account->name + " " + std::to_string(account->uid) : "none";
}

TEST(Passwd, GivesTheFirstAccountOfAName) {
  const auto ann = find_in_passwd(passwd, "ann");
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->uid, 1000U);
  EXPECT_EQ(ann->gid, 100U);
  EXPECT_EQ(ann->home, "/home/ann");
  EXPECT_EQ(ann->shell, "/bin/zsh");
  EXPECT_EQ(found("last"), "last 9");
}

TEST(Passwd, TakesANameForANumberOnlyIfNobodyHasTheName) {
  EXPECT_EQ(found("1000"), "ann 1000");
  EXPECT_EQ(found("7"), "7 8");
  EXPECT_EQ(found("0"), "root 0");
  EXPECT_EQ(found("00"), "root 0");
  EXPECT_EQ(found("4294967294"), "big 4294967294");
}

TEST(Passwd, PassesOverWhatIsNoAccount) {
  for (const char* const user : {"none", "minus", "space", "few", "many", "", "# not one", "x",
                                 "4294967295", "-1", "4294967296", "1"}) {
    EXPECT_EQ(found(user), "none") << user;
  }
  EXPECT_FALSE(find_in_passwd("a\xff:x:1:1::/:/bin/sh\n", "a\xff"));
  EXPECT_FALSE(find_in_passwd("", "root"));
}

TEST(Passwd, TakesOnlyPathsForHomesAndShells) {
  EXPECT_EQ(find_in_passwd(passwd, "seven")->home, "");
  EXPECT_EQ(find_in_passwd(passwd, "seven")->shell, "");
}

TEST(Group, GivesTheGroupsOfAnAccountEachOnce) {
  const Account ann{.name = "ann", .uid = 1000, .gid = 100};
  const Groups groups = groups_in(
      "tty:x:5:\nann:x:100:ann\nb:x:30:bob,ann\nb2:x:30:ann\nc:x:20:ann\nd:x:40:annie,an\n"
      "broken:x:ann\nbad:x:-1:ann\nlong:x:1:ann:x\n",
      ann);
  EXPECT_THAT(groups.ids, ElementsAre(100, 20, 30));
  EXPECT_EQ(groups.tty, 5U);
  EXPECT_THAT(groups_in("", ann).ids, ElementsAre(100));
  EXPECT_EQ(groups_in("", ann).tty, 0U);
}

}  // namespace
}  // namespace headway::machined
