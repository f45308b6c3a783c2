// SPDX-License-Identifier: MIT
#include "launch/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace headway::launch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const config::ServiceFile service = {
    .path = "/d/a.b.service", .name = "a.b", .exec = "/bin/a 'b c'", .user = "root"};
const Program direct = {.service = "a.b", .exec = "/bin/a 'b c'", .arguments = {"/bin/a", "b c"}};

Program helped() { return program_of(service, "/lib/helper", {}).value(); }

TEST(Program, IsTheExecLineOfTheService) {
  const auto program = program_of(service, std::nullopt, {"A=1"});
  ASSERT_TRUE(program);
  EXPECT_EQ(program->service, "a.b");
  EXPECT_EQ(program->exec, "/bin/a 'b c'");
  EXPECT_THAT(program->arguments, ElementsAre("/bin/a", "b c"));
  EXPECT_THAT(program->environment, ElementsAre("A=1"));
}

// HELP-001
TEST(Program, IsTheHelperWithTheNameOfTheServiceIfThereIsOne) {
  EXPECT_THAT(helped().arguments, ElementsAre("/lib/helper", "a.b"));
  EXPECT_EQ(helped().exec, "/bin/a 'b c'");
}

// HELP-001
TEST(Program, AHelperNeedsToKnowTheUser) {
  auto without_user = service;
  without_user.user.reset();
  EXPECT_TRUE(program_of(without_user, std::nullopt, {}));
  const auto refused = program_of(without_user, "/lib/helper", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Failure{"a.b", "/bin/a 'b c'", "Spawn.FileInvalid",
                                      "/d/a.b.service does not say which User a.b runs as"}));
}

// ACT-020
TEST(Program, AnExecLineThatCannotBeSplitIsInvalid) {
  auto unclosed = service;
  unclosed.exec = "/bin/a 'b";
  const auto refused = program_of(unclosed, std::nullopt, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Failure{"a.b", "/bin/a 'b", "InvalidArgs",
                                      "Unclosed quotes in command line (/d/a.b.service)"}));
  unclosed.exec = "";
  EXPECT_EQ(program_of(unclosed, std::nullopt, {}).error().error, "InvalidArgs");
}

// ACT-024
TEST(Program, FailsUnlessItExitsWithZero) {
  EXPECT_EQ(failure_of(direct, {End::Kind::exited, 0}), std::nullopt);
  EXPECT_EQ(
      failure_of(direct, {End::Kind::exited, 3}),
      (Failure{"a.b", "/bin/a 'b c'", "Spawn.ChildExited", "Process a.b exited with status 3"}));
  EXPECT_EQ(
      failure_of(direct, {End::Kind::signalled, 9}),
      (Failure{"a.b", "/bin/a 'b c'", "Spawn.ChildSignaled", "Process a.b received signal 9"}));
  EXPECT_EQ(failure_of(direct, {End::Kind::not_executed, ENOENT}),
            (Failure{"a.b", "/bin/a 'b c'", "Spawn.ExecFailed",
                     "Failed to execute /bin/a for a.b: No such file or directory"}));
  EXPECT_EQ(fork_failure(direct, EAGAIN).error, "Spawn.ForkFailed");
}

// HELP-008
TEST(Program, TheStatusOfAHelperSaysWhatWentWrong) {
  const std::pair<int, const char*> expected[] = {
      {1, "Spawn.ChildExited"},        {2, "NoMemory"},
      {3, "Spawn.ConfigInvalid"},      {4, "Spawn.FailedToSetup"},
      {5, "Spawn.ServiceNotValid"},    {6, "Spawn.ServiceNotFound"},
      {7, "Spawn.PermissionsInvalid"}, {8, "Spawn.PermissionsInvalid"},
      {9, "Spawn.ExecFailed"},         {10, "InvalidArgs"},
      {11, "Spawn.ChildSignaled"},     {12, "Spawn.ChildExited"}};
  EXPECT_EQ(failure_of(helped(), {End::Kind::exited, 0}), std::nullopt);
  for (const auto& [status, error] : expected) {
    const auto failure = failure_of(helped(), {End::Kind::exited, status});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->error, error) << status;
    EXPECT_THAT(failure->text, HasSubstr("a.b"));
  }
  EXPECT_EQ(failure_of(helped(), {End::Kind::signalled, 9})->error, "Spawn.ChildSignaled");
  EXPECT_EQ(failure_of(helped(), {End::Kind::not_executed, EACCES})->error, "Spawn.ExecFailed");
}

}  // namespace
}  // namespace headway::launch
