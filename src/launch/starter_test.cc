// SPDX-License-Identifier: MIT
#include "launch/starter.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <optional>
#include <string>

#include "io/clock.h"

namespace headway::launch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

rlimit own_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

Program program(std::vector<std::string> arguments, std::string service = "a.b") {
  return {.service = std::move(service),
          .exec = "exec line",
          .arguments = std::move(arguments),
          .environment = {"PATH=/usr/bin:/bin"}};
}
Program script(std::string text, std::string service = "a.b") {
  return program({"/bin/sh", "-c", std::move(text)}, std::move(service));
}

std::string content_of(const Fd& pipe) {
  std::string text;
  std::array<char, 256> bytes{};
  ssize_t size = 0;
  while ((size = ::read(pipe.get(), bytes.data(), bytes.size())) > 0) {
    text.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return text;
}

class StarterTest : public testing::Test {
 protected:
  void SetUp() override { make(own_limit()); }

  void make(const rlimit& limit) {
    auto made = Starter::create(limit);
    ASSERT_TRUE(made);
    starter_.emplace(std::move(*made));
    auto loop = io::Loop::create();
    ASSERT_TRUE(loop);
    loop_.emplace(std::move(*loop));
    ASSERT_TRUE(loop_->add(starter_->fd(), EPOLLIN, 7));
  }

  /// The failures until all have ended.
  std::vector<Failure> ends() {
    std::vector<Failure> all;
    const Time deadline = io::now() + std::chrono::minutes(1);
    while (starter_->children() > 0 && io::now() < deadline) {
      static_cast<void>(loop_->wait(deadline));
      for (Failure& failure : starter_->collect()) all.push_back(std::move(failure));
    }
    EXPECT_EQ(starter_->children(), 0u);
    return all;
  }

  std::vector<Failure> run(const Program& what) {
    const auto started = starter_->start(what);
    EXPECT_TRUE(started);
    return ends();
  }

  std::optional<Starter> starter_;
  std::optional<io::Loop> loop_;
};

// ACT-023
TEST_F(StarterTest, AProgramWritesToWhatIsGivenInPlaceOfOurOutput) {
  Output output;
  std::array<std::array<int, 2>, 2> pipes{};
  for (auto& pipe : pipes) ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  output.out = Fd(pipes[0][1]);
  output.err = Fd(pipes[1][1]);
  ASSERT_TRUE(starter_->start(script("echo out; echo err >&2; ls /proc/$$/fd"), output));
  EXPECT_THAT(ends(), IsEmpty());
  output = {};
  EXPECT_EQ(content_of(Fd(pipes[0][0])), "out\n0\n1\n2\n");
  EXPECT_EQ(content_of(Fd(pipes[1][0])), "err\n");
}

// ACT-024
TEST_F(StarterTest, AProgramThatEndsWellIsNoFailure) {
  EXPECT_THAT(run(script("exit 0")), IsEmpty());
}

// ACT-024
TEST_F(StarterTest, AProgramThatEndsBadlyIsAFailure) {
  EXPECT_THAT(run(script("exit 3")), ElementsAre(Failure{"a.b", "exec line", "Spawn.ChildExited",
                                                         "Process a.b exited with status 3"}));
  EXPECT_THAT(run(script("kill -9 $$")),
              ElementsAre(Failure{"a.b", "exec line", "Spawn.ChildSignaled",
                                  "Process a.b received signal 9"}));
  EXPECT_THAT(run(program({"/no/such/program"})),
              ElementsAre(Failure{
                  "a.b", "exec line", "Spawn.ExecFailed",
                  "Failed to execute /no/such/program for a.b: No such file or directory"}));
  EXPECT_THAT(run(program({"/"})),
              ElementsAre(testing::Field(&Failure::error, "Spawn.ExecFailed")));
}

TEST_F(StarterTest, TheStatusOfAHelperIsTranslated) {
  auto helper = script("exit 6");
  helper.by_helper = true;
  EXPECT_THAT(run(helper), ElementsAre(testing::Field(&Failure::error, "Spawn.ServiceNotFound")));
}

TEST_F(StarterTest, ProgramsRunAtTheSameTimeAndAreToldApart) {
  for (int i = 1; i <= 9; ++i) {
    ASSERT_TRUE(starter_->start(script("exit " + std::to_string(i), "c.d" + std::to_string(i))));
  }
  std::vector<std::string> texts;
  for (const Failure& failure : ends()) texts.push_back(failure.text);
  std::vector<std::string> expected;
  for (int i = 1; i <= 9; ++i) {
    const std::string number = std::to_string(i);
    expected.push_back("Process c.d" + number + " exited with status " + number);
  }
  EXPECT_THAT(texts, testing::UnorderedElementsAreArray(expected));
}

TEST_F(StarterTest, NothingIsCollectedWhileAProgramRuns) {
  ASSERT_TRUE(starter_->start(script("exec sleep 1000")));
  EXPECT_THAT(starter_->collect(), IsEmpty());
  EXPECT_EQ(starter_->children(), 1u);
  starter_->kill("a.b");
  EXPECT_THAT(ends(), IsEmpty());
}

// ACT-026
TEST_F(StarterTest, KillingEndsTheProgramOfThatServiceInSilence) {
  ASSERT_TRUE(starter_->start(script("exec sleep 1000")));
  ASSERT_TRUE(starter_->start(script("exit 4", "c.d")));
  starter_->kill("a.b");
  EXPECT_THAT(ends(), ElementsAre(testing::Field(&Failure::service, "c.d")));
}

TEST_F(StarterTest, WhatIsStillStartingEndsWithIt) {
  const std::string fifo = testing::TempDir() + "starter-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  ASSERT_TRUE(starter_->start(script("exec sleep 1000 > " + fifo)));
  const Fd reader(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC));  // once the program has opened it
  ::unlink(fifo.c_str());

  starter_.reset();

  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);  // the end, which the program's end brings
}

TEST_F(StarterTest, HowAReleasedProgramEndsIsNotTold) {
  ASSERT_TRUE(starter_->start(script("exit 3")));
  starter_->release("a.b");
  starter_->kill("a.b");  // too late: it is not starting any more
  EXPECT_THAT(ends(), IsEmpty());
  EXPECT_THAT(run(script("exit 3")).size(), 1u);
}

TEST_F(StarterTest, TheEnvironmentIsTheGivenOneAlone) {
  auto what = program({"/usr/bin/env", "sh", "-c", "test \"$A\" = '1 2' && test -z \"$HOME\""});
  what.environment.push_back("A=1 2");
  EXPECT_THAT(run(what), IsEmpty());
}

// ACT-023
TEST_F(StarterTest, StdinIsEmptyAndOtherDescriptorsAreClosed) {
  const Fd open(::fcntl(STDOUT_FILENO, F_DUPFD, 50));
  const std::string there = "/proc/$$/fd/" + std::to_string(open.get());
  EXPECT_THAT(run(script("test ! -e " + there + " && test /proc/$$/fd/0 -ef /dev/null && " +
                         "test -e /proc/$$/fd/1 && test -e /proc/$$/fd/2 && ! read line")),
              IsEmpty());
}

// ACT-023
TEST_F(StarterTest, SignalsAreAsForAnyProgram) {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto pipe = ::signal(SIGPIPE, SIG_IGN);
  for (const char* mask : {"SigBlk", "SigIgn"}) {
    const std::string none = std::string("^") + mask + ":.0000000000000000$";
    EXPECT_THAT(run(program({"/bin/grep", "-q", none, "/proc/self/status"})), IsEmpty()) << mask;
  }
  ::signal(SIGPIPE, pipe);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// PROC-004
TEST_F(StarterTest, TheDescriptorLimitIsTheOneGiven) {
  rlimit limit = own_limit();
  limit.rlim_cur = 123;
  make(limit);
  EXPECT_THAT(run(script("test $(ulimit -n) = 123")), IsEmpty());
}

// PROC-006
TEST_F(StarterTest, ProtectionFromTheOutOfMemoryKillerIsNotPassedOn) {
  constexpr const char* path = "/proc/self/oom_score_adj";
  std::string before;
  std::ifstream(path) >> before;
  const bool lowered = static_cast<bool>(std::ofstream(path) << "-5" << std::flush);
  if (!lowered) GTEST_SKIP() << "this takes privileges";
  EXPECT_THAT(run(script("test $(cat /proc/self/oom_score_adj) = 0")), IsEmpty());
  std::ofstream(path) << before;
}

TEST_F(StarterTest, WhereNoProcessCanBeMadeThisIsSaidAtOnce) {
  const rlimit before = own_limit();
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto started = starter_->start(script("exit 0"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().error, "Spawn.ForkFailed");
  EXPECT_EQ(starter_->children(), 0u);
}

}  // namespace
}  // namespace headway::launch
