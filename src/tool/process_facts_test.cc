// SPDX-License-Identifier: MIT
#include "tool/process_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace headway::tool {
namespace {

TEST(ProcessFacts, TheUnitIsTheInnermostServiceOrScopeOfTheCgroup) {
  EXPECT_EQ(unit_of_cgroup("0::/system.slice/cron.service\n"), "cron.service");
  EXPECT_EQ(
      unit_of_cgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/sub\n"),
      "a.service");
  EXPECT_EQ(unit_of_cgroup("5:cpu:/x.service\n1:name=systemd:/user.slice/session-2.scope\n"),
            "session-2.scope");
  EXPECT_EQ(unit_of_cgroup("0::/\n"), "");
  EXPECT_EQ(unit_of_cgroup(""), "");
}

TEST(ProcessFacts, OfThisProcessAreKnown) {
  const ProcessFacts facts = facts_of_process(::getpid());

  EXPECT_EQ(facts.name, "tool_test");
  EXPECT_TRUE(facts.executable.ends_with("/tool_test")) << facts.executable;
  EXPECT_NE(facts.command.find("tool_test"), std::string::npos) << facts.command;
  EXPECT_EQ(facts.command.find('\0'), std::string::npos);
}

TEST(ProcessFacts, OfNoProcessAreEmpty) {
  EXPECT_EQ(facts_of_process(-1).name, "");
  EXPECT_EQ(facts_of_process(-1).executable, "");
}

TEST(ProcessFacts, AUserWithoutNameIsANumber) {
  EXPECT_EQ(user_name(0), "root");
  EXPECT_EQ(user_name(4'000'000'000), "4000000000");
}

}  // namespace
}  // namespace headway::tool
