// SPDX-License-Identifier: MIT
#include "machined/shell_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway::machined {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Account ann{.name = "ann", .uid = 1000, .gid = 100, .home = "/h", .shell = "/bin/bash"};

std::string fault(ShellRequest request) { return normalize(request).value_or("none"); }

TEST(ShellRequest, IsForRootAndTheLoginShellByDefault) {
  ShellRequest request{.machine = ".host", .arguments = {"ignored"}};
  EXPECT_EQ(normalize(request), std::nullopt);
  EXPECT_EQ(request.user, "root");
  EXPECT_THAT(request.arguments, IsEmpty());
  const Command command = command_of(request, ann);
  EXPECT_EQ(command.program, "/bin/bash");
  EXPECT_THAT(command.arguments, ElementsAre("-bash"));
  EXPECT_EQ(command_of(request, Account{}).program, "/bin/sh");
}

TEST(ShellRequest, ProgramsAreAbsoluteAndCalledAsTheyAreUnlessTold) {
  ShellRequest request{.program = "/bin/cat"};
  EXPECT_EQ(normalize(request), std::nullopt);
  EXPECT_THAT(command_of(request, ann).arguments, ElementsAre("/bin/cat"));
  request.arguments = {"dog", "-n"};
  EXPECT_EQ(normalize(request), std::nullopt);
  EXPECT_EQ(command_of(request, ann).program, "/bin/cat");
  EXPECT_THAT(command_of(request, ann).arguments, ElementsAre("dog", "-n"));
  EXPECT_EQ(fault({.program = "bin/cat"}), "the path \"bin/cat\" is not absolute");
}

TEST(ShellRequest, UsersAreNamesOrNumbers) {
  for (const char* const good : {"ann", "1000", "_apt", "a.b@c", "ä"}) {
    EXPECT_EQ(fault({.user = good}), "none") << good;
  }
  for (const char* const bad : {"a:b", "../a", "a\nb", "-a", "a\x7f"}) {
    EXPECT_EQ(fault({.user = bad}), "this cannot be the name of a user") << bad;
  }
  EXPECT_EQ(fault({.user = std::string(user_bytes_max + 1, 'a')}),
            "this cannot be the name of a user");
}

TEST(ShellRequest, TheEnvironmentHasAssignmentsThatDoNoHarm) {
  EXPECT_EQ(fault({.environment = {"A=", "B_1=x=y", "TERM=xterm"}}), "none");
  for (const char* const bad : {"A", "=x", "1A=x", "A B=x", ""}) {
    EXPECT_THAT(fault({.environment = {bad}}), HasSubstr("is no assignment")) << bad;
  }
  for (const char* const bad : {"LD_PRELOAD=/x", "LD_=", "BASH_ENV=/x", "ENV=/x"}) {
    EXPECT_THAT(fault({.environment = {bad}}), HasSubstr("cannot be set")) << bad;
  }
}

TEST(ShellRequest, IsBounded) {
  EXPECT_THAT(fault({.program = "/p", .arguments = {std::string(arguments_bytes_max, 'x')}}),
              HasSubstr("more than 16384 bytes"));
  EXPECT_THAT(fault({.environment = std::vector<std::string>(9000, "A=")}),
              HasSubstr("more than 16384 bytes"));
}

TEST(Details, NameTheAccountHoweverItWasWritten) {
  ShellRequest request{.machine = "m", .user = "1000"};
  EXPECT_EQ(normalize(request), std::nullopt);
  const auto details = details_of(request, ann);
  EXPECT_EQ(details.at("user"), "ann");
  EXPECT_EQ(details.at("uid"), "1000");
  EXPECT_EQ(details.at("machine"), "m");
  EXPECT_EQ(details.at("program"), "/bin/sh");
  EXPECT_EQ(details.at("resolved-program"), "/bin/bash");
  EXPECT_EQ(details.at("default-shell"), "1");
  EXPECT_EQ(details_of(request, std::nullopt).at("user"), "1000");
  EXPECT_FALSE(details_of(request, std::nullopt).contains("uid"));
}

TEST(Details, TellArgumentsAndEnvironmentSoThatNoWordLooksLikeTwo) {
  ShellRequest request{
      .program = "/bin/sh", .arguments = {"sh", "-c", "a b\\c\n"}, .environment = {"A=1 2", "B="}};
  EXPECT_EQ(normalize(request), std::nullopt);
  const auto details = details_of(request, ann);
  EXPECT_EQ(details.at("args"), "sh -c a\\ b\\\\c\\\n");
  EXPECT_EQ(details.at("environment"), "A=1\\ 2 B=");
  EXPECT_EQ(details.at("default-shell"), "0");
}

}  // namespace
}  // namespace headway::machined
