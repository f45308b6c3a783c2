// SPDX-License-Identifier: MIT
#include "tool/traffic.h"

#include <gtest/gtest.h>

#include "tool/traffic_testing.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;
using testing::call_of;
using testing::name_owner_changed;
using testing::reply_of;
using testing::signal_of;

constexpr WallTime noon{1'700'000'000s};

TEST(Traffic, AnAnswerBelongsToItsCall) {
  Traffic traffic({.interfaces = {"a.b"}});
  ASSERT_TRUE(traffic.judge(call_of(":1.1", "a.b", 7), noon));
  const auto answer = traffic.judge(reply_of(":1.2", ":1.1", 7), noon + 3ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->call->member, "M");
  EXPECT_EQ(answer->latency(), 3ms);

  EXPECT_FALSE(traffic.judge(reply_of(":1.2", ":1.1", 8), noon));
}

TEST(Traffic, AnAnswerFitsWhereItsCallDidNot) {
  Traffic traffic({.names = {"a.b"}});
  EXPECT_FALSE(traffic.judge(call_of(":1.1", ":1.2"), noon));
  traffic.follow(name_owner_changed("a.b", "", ":1.2"));
  EXPECT_TRUE(traffic.judge(reply_of(":1.2", ":1.1"), noon));
}

TEST(Traffic, OfOneTypeKnowsTheCallsAllTheSame) {
  Traffic traffic({.types = {message_type::method_return}, .members = {"M"}});
  EXPECT_FALSE(traffic.judge(call_of(":1.1", "a.b"), noon));
  EXPECT_TRUE(traffic.judge(reply_of(":1.2", ":1.1"), noon));
}

TEST(Traffic, LearnsFromAnswersWhoHasAName) {
  Traffic traffic({.names = {"a.b"}});
  EXPECT_FALSE(traffic.judge(signal_of(":1.2"), noon));
  EXPECT_TRUE(traffic.judge(call_of(":1.1", "a.b"), noon));
  EXPECT_TRUE(traffic.judge(reply_of(":1.2", ":1.1"), noon));
  EXPECT_TRUE(traffic.judge(signal_of(":1.2"), noon));
}

TEST(Traffic, TellsWhatTheBusSaysOfAName) {
  Traffic traffic({.names = {"a.b"}});
  EXPECT_TRUE(traffic.judge(name_owner_changed("a.b", "", ":1.2"), noon));
  EXPECT_FALSE(traffic.judge(name_owner_changed("a.c", "", ":1.2"), noon));
}

}  // namespace
}  // namespace headway::tool
