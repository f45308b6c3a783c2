// SPDX-License-Identifier: MIT
#include "machined/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace headway::machined {
namespace {

using testing::Contains;
using testing::Not;

/// A child that sleeps until it is killed.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ == 0) {
      while (true) ::pause();
    }
  }
  ~Sleeper() { end(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(Stat, SaysTheStartTimeWhateverTheProcessIsCalled) {
  const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21\n";
  EXPECT_EQ(start_time_in("12 (sleep)" + rest), 4711U);
  EXPECT_EQ(start_time_in("12 (a) R 1 (b)" + rest), 4711U);
  EXPECT_EQ(start_time_in("12 (sleep) S 1"), std::nullopt);
  EXPECT_EQ(start_time_in(""), std::nullopt);
}

TEST(Cgroup, NamesTheUnitOfTheSystemManager) {
  EXPECT_EQ(unit_in("0::/machine.slice/systemd-nspawn@a.service/payload\n"),
            "systemd-nspawn@a.service");
  EXPECT_EQ(unit_in("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n"),
            "user@1000.service");
  EXPECT_EQ(unit_in("4:cpu:/a.service\n1:name=systemd:/b.scope\n0::/\n"), "b.scope");
  EXPECT_EQ(unit_in("0::/docker/x.service\n"), "");
  EXPECT_EQ(unit_in("0::/\n"), "");
  EXPECT_EQ(unit_in("0::relative"), "");
  EXPECT_EQ(unit_in(""), "");
}

TEST(UidMap, IsAShiftOnlyIfItIsOneRangeFromRootOn) {
  EXPECT_EQ(uid_shift_in("         0     100000      65536\n"), 100000U);
  EXPECT_EQ(uid_shift_in("0 0 4294967295\n"), 0U);
  EXPECT_EQ(uid_shift_in("0 1000 1\n1 100000 65535\n"), std::nullopt);
  EXPECT_EQ(uid_shift_in("5 1000 1\n"), std::nullopt);
  EXPECT_EQ(uid_shift_in(""), std::nullopt);
}

TEST(CapabilityBounds, AreHexadecimal) {
  EXPECT_EQ(capability_bounds_in("CapEff:\t0000000000000003\nCapBnd:\t000001ffffffffff\nX:\t1\n"),
            0x1ffffffffffU);
  EXPECT_EQ(capability_bounds_in("Name:\tCapBnd:\t3\n"), std::nullopt);
  EXPECT_EQ(capability_bounds_in("A:\nCapBnd:\t12x\n"), std::nullopt);
  EXPECT_EQ(capability_bounds_in("A:\nCapBnd:\t"), std::nullopt);
  EXPECT_NE(capability_bounds_of(::getpid()), std::nullopt);
}

TEST(Process, IsKnownUntilItHasEnded) {
  Sleeper sleeper;
  const auto process = open_process(sleeper.pid());
  ASSERT_TRUE(process);
  EXPECT_EQ(process->id.pid, sleeper.pid());
  EXPECT_GT(process->id.start_time, 0U);
  EXPECT_FALSE(has_ended(process->pidfd));
  EXPECT_EQ(executable_of(sleeper.pid()), executable_of(::getpid()));
  EXPECT_EQ(has_own_network(sleeper.pid()), false);
  const pid_t pid = sleeper.pid();
  sleeper.end();
  EXPECT_TRUE(has_ended(process->pidfd));
  EXPECT_FALSE(open_process(pid));
}

TEST(Process, IsNobodyByANumberThatNoneHas) {
  EXPECT_FALSE(open_process(0));
  EXPECT_FALSE(open_process(-1));
  EXPECT_FALSE(open_process(0x7fffffff));
}

TEST(Leader, LeadsWhatDescendsFromIt) {
  const Sleeper inside;
  const Sleeper beside;
  EXPECT_THAT(members_of(::getpid()), Contains(inside.pid()));
  EXPECT_THAT(members_of(inside.pid()), Not(Contains(beside.pid())));
  EXPECT_EQ(leader_of(inside.pid(), {beside.pid(), ::getpid()}), 1U);
  EXPECT_EQ(leader_of(inside.pid(), {inside.pid(), ::getpid()}), 0U);
  EXPECT_EQ(leader_of(::getpid(), {inside.pid(), beside.pid()}), std::nullopt);
}

}  // namespace
}  // namespace headway::machined
