// SPDX-License-Identifier: MIT
#include "machined/session_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway::machined {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Not;

const Account ann{.name = "ann", .uid = 1000, .gid = 100, .home = "/home/ann", .shell = "/bin/sh"};

TEST(SessionEnvironment, TellsTheAccountWhateverOthersSay) {
  const auto got = session_environment(
      {.account = ann, .environment = {"HOME=/evil", "USER=root", "A=caller", "TERM=xterm"}},
      {"A=pam", "XDG_SESSION_ID=3", "SHELL=/evil", "broken"});
  EXPECT_THAT(got, AllOf(Contains("HOME=/home/ann"), Contains("USER=ann"), Contains("LOGNAME=ann"),
                         Contains("SHELL=/bin/sh"), Contains("A=pam"), Contains("TERM=xterm"),
                         Contains("XDG_SESSION_ID=3"), Not(Contains("HOME=/evil"))));
  EXPECT_EQ(got.size(), 8U);
}

TEST(SessionEnvironment, HasWhatProgramsNeed) {
  const auto got = session_environment({.account = {.name = "root"}}, {});
  EXPECT_THAT(got, AllOf(Contains("TERM=vt220"), Contains("HOME=/"), Contains("SHELL=/bin/sh"),
                         Contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
                                  "/bin")));
}

}  // namespace
}  // namespace headway::machined
