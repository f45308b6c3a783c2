// SPDX-License-Identifier: MIT
#include "authority/resolver.h"

#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "authority/authority_testing.h"

namespace headway::authority::testing {
namespace {

using ::testing::HasSubstr;

struct Resolving : ::testing::Test {
  std::expected<Who, std::string> resolve(Subject subject) {
    return run(resolver.resolve(std::move(subject)));
  }
  static ProcessSubject self() {
    ProcessSubject subject;
    subject.pid = own_pid();
    return subject;
  }
  static std::uint32_t own_pid() { return static_cast<std::uint32_t>(::getpid()); }

  FakePeers peers;
  FakeSessions sessions;
  Resolver resolver{peers, sessions};
};

TEST_F(Resolving, AProcessIsItsRealUser) {
  const auto who = resolve(self());
  ASSERT_TRUE(who) << who.error();
  EXPECT_EQ(who->uid, ::getuid());
  EXPECT_TRUE(who->is_uid_true);
  EXPECT_FALSE(who->session);
  EXPECT_FALSE(who->is_local());
  EXPECT_FALSE(who->is_active());
  EXPECT_TRUE(who->is_unchanged());
}

TEST_F(Resolving, AUserThatItIsNotIsNoted) {
  auto subject = self();
  subject.uid = ::getuid() + 1;
  const auto who = resolve(std::move(subject));
  ASSERT_TRUE(who);
  EXPECT_FALSE(who->is_uid_true);
}

TEST_F(Resolving, AnotherStartIsAnotherProcess) {
  auto subject = self();
  subject.start_time = Process::of_pid(own_pid())->start_time();
  EXPECT_TRUE(resolve(std::move(subject)));
  subject = self();
  subject.start_time = Process::of_pid(own_pid())->start_time() + 1;
  EXPECT_THAT(resolve(std::move(subject)).error(), HasSubstr("another one has its number"));
}

TEST_F(Resolving, AProcessThatEndsMeanwhileIsNotUnchanged) {
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  ProcessSubject subject;
  subject.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0U)));
  const auto who = resolve(std::move(subject));
  ASSERT_TRUE(who);
  EXPECT_TRUE(who->is_unchanged());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(who->is_unchanged());
}

TEST_F(Resolving, ANameThatNobodyHasIsNobody) {
  const auto who = resolve(NameSubject{.name = ":1.7"});
  ASSERT_FALSE(who);
  EXPECT_THAT(who.error(), HasSubstr(":1.7"));
}

TEST_F(Resolving, ANameIsTheUserWhoMadeTheConnection) {
  peers.uids[":1.7"] = 4000000000;
  const auto who = resolve(NameSubject{.name = ":1.7"});
  ASSERT_TRUE(who);
  EXPECT_EQ(who->uid, 4000000000);
  // Its number is that of a process of somebody else by now.
  EXPECT_FALSE(who->process);
  EXPECT_TRUE(who->is_unchanged());
}

TEST_F(Resolving, ANameIsFoundWithoutAProcessToo) {
  peers.uids[":1.7"] = 5;
  peers.knows_processes = false;
  const auto who = resolve(NameSubject{.name = ":1.7"});
  ASSERT_TRUE(who);
  EXPECT_FALSE(who->process);
}

TEST_F(Resolving, TheSessionIsThatOfTheProcessBeforeThatOfTheUser) {
  const Session of_process{.id = "c1", .uid = ::getuid(), .seat = "", .is_active = true};
  const Session of_user{.id = "c2", .uid = ::getuid(), .seat = "seat0", .is_active = true};
  sessions.by_user[::getuid()] = of_user;
  EXPECT_EQ(resolve(self())->session, of_user);
  sessions.by_pid[own_pid()] = of_process;
  const auto who = resolve(self());
  EXPECT_EQ(who->session, of_process);
  EXPECT_FALSE(who->is_local());
  EXPECT_TRUE(who->is_active());
}

TEST_F(Resolving, ASessionIsItsUser) {
  EXPECT_FALSE(resolve(SessionSubject{.id = "c1"}));
  sessions.by_name["c1"] = {.id = "c1", .uid = 7, .seat = "seat0", .is_active = false};
  const auto who = resolve(SessionSubject{.id = "c1"});
  ASSERT_TRUE(who);
  EXPECT_EQ(who->uid, 7U);
  EXPECT_FALSE(who->process);
  EXPECT_TRUE(who->is_local());
}

}  // namespace
}  // namespace headway::authority::testing
