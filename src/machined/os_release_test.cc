// SPDX-License-Identifier: MIT
#include "machined/os_release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway::machined {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(OsRelease, IsReadAsAShellWould) {
  EXPECT_THAT(
      parse_os_release("ID=debian\nPRETTY_NAME=\"Debian \\\"12\\\"\"\n# a=b\n\nX='a\\b'\n"
                       "VERSION_ID=\"12\"\nEMPTY=\n"),
      ElementsAre(Pair("EMPTY", ""), Pair("ID", "debian"), Pair("PRETTY_NAME", "Debian \"12\""),
                  Pair("VERSION_ID", "12"), Pair("X", "a\\b")));
}

TEST(OsRelease, PassesOverWhatIsNoAssignment) {
  EXPECT_THAT(parse_os_release("no\n=x\na b=c\nOPEN=\"x\nEND=x\\\nBAD=\xff\nNUL=a\\"), IsEmpty());
  EXPECT_THAT(parse_os_release(std::string_view("A=x\0y\nB=1", 9)), ElementsAre(Pair("B", "1")));
  EXPECT_THAT(parse_os_release(""), IsEmpty());
}

}  // namespace
}  // namespace headway::machined
