// SPDX-License-Identifier: MIT
#include "authority/temporary.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace headway::authority {
namespace {

using namespace std::chrono_literals;

/// A process of its own, until the test ends.
struct Someone {
  Someone() : pid(::fork()) {
    if (pid == 0) {
      while (true) ::pause();
    }
    who.process = *Process::of_pid(static_cast<std::uint32_t>(pid));
    who.uid = who.process->uid();
  }
  Someone(const Someone&) = delete;
  Someone& operator=(const Someone&) = delete;
  ~Someone() { end(); }
  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }
  pid_t pid;
  Who who;
};

struct Temporary : ::testing::Test {
  TemporaryAuthorizations all;
  Time now{1h};
};

TEST_F(Temporary, IsForOneProcessAndOneAction) {
  const Someone a;
  const Someone b;
  const auto id = all.add(a.who, "x", now, 1);
  ASSERT_TRUE(id);
  EXPECT_EQ(all.find(a.who, "x", now), id);
  EXPECT_EQ(all.find(a.who, "y", now), std::nullopt);
  EXPECT_EQ(all.find(b.who, "x", now), std::nullopt);
  Who other_user = a.who;  // of the same number and start
  other_user.uid += 1;
  EXPECT_EQ(all.find(other_user, "x", now), std::nullopt);
}

TEST_F(Temporary, EndsWithItsTime) {
  const Someone a;
  const auto id = all.add(a.who, "x", now, 1000);
  EXPECT_EQ(all.named(*id, now)->expires_unix_s, 1300U);
  EXPECT_TRUE(all.find(a.who, "x", now + 5min - 1ns));
  EXPECT_FALSE(all.find(a.who, "x", now + 5min));
  EXPECT_FALSE(all.find(a.who, "x", now));
}

TEST_F(Temporary, EndsWithItsProcess) {
  Someone a;
  const auto id = all.add(a.who, "x", now, 1);
  a.end();
  EXPECT_FALSE(all.find(a.who, "x", now));
  EXPECT_FALSE(all.revoke(*id));
}

TEST_F(Temporary, EndsWithItsSessionAndWhenItIsRevoked) {
  Someone a;
  a.who.session = Session{.id = "c1", .uid = a.who.uid, .seat = "", .is_active = false};
  const auto x = all.add(a.who, "x", now, 1);
  const auto y = all.add(a.who, "y", now, 1);
  EXPECT_NE(x, y);
  EXPECT_EQ(all.of_session("c1", now).size(), 2U);
  EXPECT_EQ(all.of_session("c2", now).size(), 0U);
  EXPECT_TRUE(all.revoke(*x));
  EXPECT_FALSE(all.revoke(*x));
  EXPECT_TRUE(all.find(a.who, "y", now));
  EXPECT_TRUE(all.revoke_session("c1"));
  EXPECT_FALSE(all.find(a.who, "y", now));
}

TEST_F(Temporary, OfAWholeSessionIsNotForAProcessInIt) {
  const Someone a;
  Who session;
  session.session = Session{.id = "c1", .uid = a.who.uid, .seat = "", .is_active = false};
  ASSERT_TRUE(all.add(session, "x", now, 1));
  EXPECT_TRUE(all.find(session, "x", now));
  Who inside = a.who;
  inside.session = session.session;
  EXPECT_FALSE(all.find(inside, "x", now));
}

TEST_F(Temporary, IsNotGivenToNobody) { EXPECT_FALSE(all.add(Who(), "x", now, 1)); }

TEST_F(Temporary, OfOneUserThereAreNotTooMany) {
  const Someone a;
  for (std::size_t i = 0; i <= TemporaryAuthorizations::per_user_max; ++i) {
    ASSERT_TRUE(all.add(a.who, std::to_string(i), now, 1));
  }
  EXPECT_FALSE(all.find(a.who, "0", now));
  EXPECT_TRUE(all.find(a.who, "1", now));
}

}  // namespace
}  // namespace headway::authority
