// SPDX-License-Identifier: MIT
#include "authority/agents.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "authority/gate.h"
#include "authority/quota.h"
#include "headway/task.h"

namespace headway::authority {
namespace {

/// A child that only waits.
struct Child {
  Child() : pid(::fork()) {
    if (pid == 0) {
      while (true) ::pause();
    }
    who.process = *Process::of_pid(static_cast<std::uint32_t>(pid));
    who.uid = who.process->uid();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }
  pid_t pid;
  Who who;
};

Session session() { return {.id = "c1", .uid = 1, .seat = "", .is_active = false}; }

Agent of_process(const Child& child, std::string owner = ":1.1", bool is_fallback = false) {
  return {.owner = std::move(owner),
          .path = "/a",
          .uid = 1,
          .locale = "",
          .is_fallback = is_fallback,
          .process = child.who.process,
          .session = ""};
}
Agent of_session(std::string owner, bool is_fallback = false) {
  return {.owner = std::move(owner),
          .path = "/a",
          .uid = 1,
          .locale = "",
          .is_fallback = is_fallback,
          .process = std::nullopt,
          .session = "c1"};
}

struct AgentsOf : ::testing::Test {
  AgentsOf() {
    child.who.session = session();
    whole.session = session();
  }
  std::string found(const Who& who) {
    const Agent* const agent = agents.find(who);
    return agent == nullptr ? "none" : agent->owner;
  }
  Agents agents;
  Child child;
  Who whole;  // the session
};

TEST_F(AgentsOf, TheProcessItselfComesBeforeItsSession) {
  EXPECT_EQ(found(child.who), "none");
  ASSERT_TRUE(agents.add(of_session(":1.2")));
  EXPECT_EQ(found(child.who), ":1.2");
  ASSERT_TRUE(agents.add(of_process(child)));
  EXPECT_EQ(found(child.who), ":1.1");
  EXPECT_EQ(found(whole), ":1.2");
}

TEST_F(AgentsOf, AFallbackIsAskedOnlyIfTheSessionHasNoOther) {
  ASSERT_TRUE(agents.add(of_process(child, ":1.1", true)));
  EXPECT_EQ(found(child.who), ":1.1");
  ASSERT_TRUE(agents.add(of_session(":1.2")));
  EXPECT_EQ(found(child.who), ":1.2");
}

TEST_F(AgentsOf, ASubjectHasOne) {
  ASSERT_TRUE(agents.add(of_process(child)));
  EXPECT_FALSE(agents.add(of_process(child, ":1.9")));
  ASSERT_TRUE(agents.add(of_session(":1.2")));
  EXPECT_FALSE(agents.add(of_session(":1.9", true)));
}

TEST_F(AgentsOf, AnAgentThatGoesTellsWhoWaitsForIt) {
  const auto added = agents.add(of_process(child));
  ASSERT_TRUE(added);
  const auto token = (*added)->gone.get_token();
  agents.remove_owner(":1.2");
  EXPECT_FALSE(token.stop_requested());
  agents.remove_owner(":1.1");
  EXPECT_TRUE(token.stop_requested());
  EXPECT_EQ(found(child.who), "none");
}

TEST_F(AgentsOf, OnlyWhoRegisteredOneTakesItBack) {
  ASSERT_TRUE(agents.add(of_process(child)));
  EXPECT_FALSE(agents.remove(":1.2", "/a", child.who));
  EXPECT_FALSE(agents.remove(":1.1", "/b", child.who));
  EXPECT_FALSE(agents.remove(":1.1", "/a", whole));
  EXPECT_TRUE(agents.has_owner(":1.1"));
  EXPECT_TRUE(agents.remove(":1.1", "/a", child.who));
  EXPECT_FALSE(agents.has_owner(":1.1"));
}

TEST_F(AgentsOf, AnAgentEndsWithWhomItServes) {
  ASSERT_TRUE(agents.add(of_process(child)));
  child.end();
  EXPECT_EQ(found(child.who), "none");
  ASSERT_TRUE(agents.add(of_session(":1.2")));
  agents.remove_session("c2");
  EXPECT_EQ(found(whole), ":1.2");
  agents.remove_session("c1");
  EXPECT_EQ(found(whole), "none");
}

TEST_F(AgentsOf, AUserHasNotTooMany) {
  for (std::size_t i = 0; i < Agents::per_user_max; ++i) {
    Agent agent = of_session(":1.2");
    agent.session = "s" + std::to_string(i);
    ASSERT_TRUE(agents.add(std::move(agent)));
  }
  EXPECT_FALSE(agents.add(of_process(child)));
}

TEST(Authentications, ACookieIsGoodForOneOfThoseWhoWereOfferedAndOnce) {
  Authentications all;
  const auto cookie = all.begin(1000, {5, 6});
  EXPECT_GE(cookie.size(), 43U);
  EXPECT_FALSE(all.respond(1000, "", 5));
  EXPECT_FALSE(all.respond(1000, cookie + "0", 5));
  EXPECT_FALSE(all.respond(1001, cookie, 5));
  EXPECT_FALSE(all.respond(1000, cookie, 7));
  EXPECT_FALSE(all.respond(1000, cookie, 0));
  EXPECT_TRUE(all.respond(1000, cookie, 6));
  EXPECT_FALSE(all.respond(1000, cookie, 5));
  EXPECT_EQ(all.end(cookie), 6U);
  EXPECT_EQ(all.end(cookie), std::nullopt);
  EXPECT_FALSE(all.respond(1000, cookie, 6));
}

TEST(Authentications, WithoutAProofNobodyIsProven) {
  Authentications all;
  const auto cookie = all.begin(1000, {0});
  EXPECT_NE(cookie, all.begin(1000, {0}));
  EXPECT_EQ(all.end(cookie), std::nullopt);
}

TEST(ExpandMessage, KeysBecomeDetails) {
  const std::map<std::string, std::string> details{{"a", "1"}, {"b", "$(a)"}, {"", "empty"}};
  EXPECT_EQ(expand_message("x $(a) y $(b)$(c) $(", details), "x 1 y $(a)$(c) $(");
  EXPECT_EQ(expand_message("$(a", details), "$(a");
  EXPECT_EQ(expand_message("$a $()", details), "$a empty");
  EXPECT_EQ(expand_message("", details), "");
}

TEST(Quota, IsGivenBack) {
  Quota<int> quota(2);
  auto first = quota.take(1);
  auto second = quota.take(1);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(quota.take(1));
  EXPECT_TRUE(quota.take(2));
  first.reset();
  EXPECT_TRUE(quota.take(1));
}

task<void> enter(Gate& gate, std::vector<int>& order, int number, std::vector<Gate::Place>& in) {
  in.push_back(co_await gate.enter());
  order.push_back(number);
}

TEST(Gate, LetsOthersInWhenSomebodyLeaves) {
  Gate gate(1);
  std::vector<int> order;
  std::vector<Gate::Place> in;
  in.reserve(4);
  auto first = enter(gate, order, 1, in);
  auto second = std::make_optional(enter(gate, order, 2, in));
  auto third = enter(gate, order, 3, in);
  first.start();
  second->start();
  third.start();
  EXPECT_THAT(order, ::testing::ElementsAre(1));
  second.reset();  // who waits may go
  in.pop_back();
  EXPECT_THAT(order, ::testing::ElementsAre(1, 3));
}

}  // namespace
}  // namespace headway::authority
