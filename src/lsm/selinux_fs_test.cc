// SPDX-License-Identifier: MIT
// The text of the kernel's interface; the kernel itself answers in tests/lsm.
#include "lsm/selinux_fs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace headway::lsm {
namespace {

TEST(SelinuxFs, AQuestionIsTwoContextsAndAClass) {
  EXPECT_EQ(access_question("u:r:a_t:s0", "u:r:b_t:s0-s15:c0.c1023", 77),
            "u:r:a_t:s0 u:r:b_t:s0-s15:c0.c1023 77");
}

TEST(SelinuxFs, WhatWouldEndAContextIsNotAsked) {
  for (const std::string_view bad :
       {std::string_view(), std::string_view("a b"), std::string_view("a\t"),
        std::string_view("a\n"), std::string_view("a\0b", 3)}) {
    EXPECT_FALSE(access_question(bad, "u:r:b_t", 1));
    EXPECT_FALSE(access_question("u:r:a_t", bad, 1));
  }
}

TEST(SelinuxFs, AnAnswerIsSixNumbers) {
  const auto access = parse_access("3 ffffffff 2 fffffffd 12 0");
  ASSERT_TRUE(access);
  EXPECT_EQ(access->allowed, 3u);
  EXPECT_EQ(access->audited_if_allowed, 2u);
  EXPECT_EQ(access->audited_if_denied, 0xfffffffdu);
  EXPECT_FALSE(access->permissive);
}

TEST(SelinuxFs, OnlyWhatWasDecidedIsAllowed) {
  EXPECT_EQ(parse_access("3 1 0 0 1 0")->allowed, 1u);
}

TEST(SelinuxFs, AFlagSaysThatADomainIsPermissive) {  // LSM-011
  EXPECT_TRUE(parse_access("0 ffffffff 0 ffffffff 9 1")->permissive);
}

TEST(SelinuxFs, AnythingElseIsNoAnswer) {
  for (const char* const bad :
       {"", "3", "3 ffffffff 2 fffffffd 12", "3 ffffffff 2 fffffffd 12 ", "3 ffffffff 2 x 12 0",
        "3  ffffffff 2 fffffffd 12 0", "3 ffffffff 2 fffffffd 12 0 1", "-1 1 1 1 1 1",
        "100000000 1 1 1 1 1"}) {
    EXPECT_FALSE(parse_access(bad)) << bad;
  }
}

TEST(SelinuxFs, WhatStaysOpenableLiesWhereThePolicyIsShown) {
  const FileRights rights = SelinuxFs::rights();
  ASSERT_NE(rights.directory, nullptr);
  std::set<std::string> writable;
  for (const FileRights::File& file : rights.files) {
    EXPECT_TRUE(std::string(file.path).starts_with(std::string(rights.directory) + "/"));
    if ((file.flags & O_ACCMODE) != O_RDONLY) writable.insert(file.path);
  }
  EXPECT_THAT(writable, ::testing::ElementsAre("/sys/fs/selinux/access"));
}

}  // namespace
}  // namespace headway::lsm
