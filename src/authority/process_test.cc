// SPDX-License-Identifier: MIT
#include "authority/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace headway::authority {
namespace {

using ::testing::HasSubstr;

/// A child that only waits, and is ended and waited for.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      while (true) ::pause();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void kill() const { ::kill(pid_, SIGKILL); }
  void end() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  [[nodiscard]] Fd pidfd() const {
    return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U)));
  }

 private:
  pid_t pid_;
};

TEST(Process, IsFoundByItsNumberAndByItsPidfd) {
  const Child child;
  const auto by_pid = Process::of_pid(child.pid());
  const auto by_pidfd = Process::of_pidfd(child.pidfd());
  ASSERT_TRUE(by_pid) << by_pid.error();
  ASSERT_TRUE(by_pidfd) << by_pidfd.error();
  EXPECT_EQ(by_pid->pid(), child.pid());
  EXPECT_EQ(by_pidfd->pid(), child.pid());
  EXPECT_EQ(by_pid->start_time(), by_pidfd->start_time());
  EXPECT_NE(by_pid->start_time(), 0U);
  EXPECT_EQ(by_pid->uid(), ::getuid());
  EXPECT_FALSE(by_pid->is_safe());
  EXPECT_TRUE(by_pidfd->is_safe());
  EXPECT_TRUE(by_pid->is_unchanged());
}

TEST(Process, ThatHasEndedIsNoneEvenBeforeItIsWaitedFor) {
  Child child;
  Fd pidfd = child.pidfd();
  const auto process = Process::of_pid(child.pid());
  ASSERT_TRUE(process);
  child.kill();
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, child.pid(), &info, WEXITED | WNOWAIT), 0);  // a zombie now
  EXPECT_FALSE(process->is_unchanged());
  EXPECT_FALSE(Process::of_pid(child.pid()));
  EXPECT_FALSE(Process::of_pidfd(std::move(pidfd)));
  child.end();
  EXPECT_FALSE(process->is_unchanged());
}

TEST(Process, IsNotFoundWhereThereIsNone) {
  for (const std::uint32_t pid : {0U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    const auto process = Process::of_pid(pid);
    ASSERT_FALSE(process) << pid;
    EXPECT_THAT(process.error(), HasSubstr("there is no process"));
  }
}

TEST(Process, IsNotFoundByADescriptorThatIsNoPidfd) {
  for (const auto* path : {"/dev/null", "/proc/self", "/proc/self/status"}) {
    EXPECT_FALSE(Process::of_pidfd(Fd(::open(path, O_RDONLY | O_CLOEXEC)))) << path;
  }
  EXPECT_FALSE(Process::of_pidfd(Fd()));
}

TEST(Process, ItsNameCannotLieAboutItsStart) {
  const std::string fields = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19";
  EXPECT_EQ(start_time_of_stat("7 (a)" + fields.substr(0, fields.size() - 3) + " 4711 1"), 4711U);
  EXPECT_EQ(
      start_time_of_stat("7 (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 99)" + fields + " 5 6"),
      19U);
  EXPECT_EQ(start_time_of_stat("7 (a) S 1"), std::nullopt);
  EXPECT_EQ(start_time_of_stat(""), std::nullopt);
}

TEST(Process, UsersAboveTwoThousandMillionAreUsers) {
  EXPECT_EQ(field_of_status("Name:\tx\nUid:\t4000000000\t0\t0\t0\n", "Uid"), 4000000000U);
  EXPECT_EQ(field_of_status("Name:\tUid:\n", "Uid"), std::nullopt);
  EXPECT_EQ(field_of_status("NoNewPrivs:\t1\n", "NoNewPrivs"), 1U);
}

TEST(Process, OnlyUnitsOfTheSystemAreToldOf) {
  EXPECT_EQ(system_unit_of_cgroup("0::/system.slice/cron.service\n"), "cron.service");
  EXPECT_EQ(system_unit_of_cgroup("0::/system.slice/system-a.slice/a@1.service/inner\n"),
            "a@1.service");
  EXPECT_EQ(
      system_unit_of_cgroup("0::/user.slice/user-1.slice/user@1.service/app.slice/cron.service\n"),
      std::nullopt);
  EXPECT_EQ(system_unit_of_cgroup("0::/user.slice/user-1.slice/session-1.scope\n"), std::nullopt);
  EXPECT_EQ(system_unit_of_cgroup("0::/\n"), std::nullopt);
  EXPECT_EQ(system_unit_of_cgroup("1:name=systemd:/system.slice/cron.service\n"), std::nullopt);
  EXPECT_EQ(system_unit_of_cgroup("0::/mine/system.slice/cron.service\n"), std::nullopt);
}

}  // namespace
}  // namespace headway::authority
