// SPDX-License-Identifier: MIT
#include "broker/replies.h"

#include <gtest/gtest.h>

namespace headway::broker {
namespace {

using namespace std::chrono_literals;

constexpr PeerId alice{0, 1};
constexpr PeerId bob{1, 1};
constexpr PeerId carol{2, 1};
constexpr Time start{};

ReplyTable::Call call(std::uint32_t serial, PeerId caller = alice, PeerId callee = bob) {
  return {caller, callee, serial};
}

bool close(ReplyTable& replies, const ReplyTable::Call& call) {
  const auto entry = replies.find(call);
  if (entry) replies.close(*entry);
  return entry.has_value();
}

TEST(ReplyTable, ClosesACallOnceAndOnlyForItsCallee) {  // ROUTE-010
  ReplyTable replies;
  ASSERT_TRUE(replies.open(call(7), 8, {}));

  EXPECT_FALSE(close(replies, call(7, alice, carol)));
  EXPECT_FALSE(close(replies, call(8)));
  EXPECT_TRUE(close(replies, call(7)));
  EXPECT_FALSE(close(replies, call(7)));
}

TEST(ReplyTable, RefusesASecondCallWithTheSameSerialAndMoreThanItsBound) {  // ROUTE-009, LIM-016
  ReplyTable replies;
  ASSERT_TRUE(replies.open(call(1), 2, {}));

  EXPECT_EQ(replies.open(call(1), 2, {}).error(), ReplyTable::Refusal::serial_in_use);
  ASSERT_TRUE(replies.open(call(1, alice, carol), 2, {}));
  EXPECT_EQ(replies.open(call(2), 2, {}).error(), ReplyTable::Refusal::quota);
  EXPECT_TRUE(replies.open(call(2, bob, alice), 2, {}));
}

TEST(ReplyTable, ExpiredCallsComeOutByDeadlineAndRefuseLateReplies) {  // ROUTE-013
  ReplyTable replies;
  ASSERT_TRUE(replies.open(call(1), 8, start + 3s));
  ASSERT_TRUE(replies.open(call(2), 8, start + 1s));
  ASSERT_TRUE(replies.open(call(3), 8, start + 9s));

  EXPECT_EQ(replies.expire(start + 5s), (std::vector{call(2), call(1)}));
  EXPECT_EQ(replies.next_deadline(), start + 9s);
  EXPECT_FALSE(close(replies, call(1)));
}

TEST(ReplyTable, CallsDueAtOnceExpireInTheOrderOfAsking) {
  ReplyTable replies;
  ASSERT_TRUE(replies.open(call(1), 8, start));
  ASSERT_TRUE(replies.open(call(2), 8, start + 1s));
  ASSERT_TRUE(close(replies, call(1)));
  ASSERT_TRUE(replies.open(call(3), 8, start + 1s));  // in the place of the first

  EXPECT_EQ(replies.expire(start + 1s), (std::vector{call(2), call(3)}));
}

TEST(ReplyTable, ACalleeThatLeavesOwesItsCallersInTheOrderOfAsking) {  // ROUTE-012
  ReplyTable replies;
  ASSERT_TRUE(replies.open(call(9), 8, {}));
  ASSERT_TRUE(replies.open(call(4, carol), 8, {}));
  ASSERT_TRUE(replies.open(call(5, alice, carol), 8, {}));

  EXPECT_EQ(replies.take_callee(bob), (std::vector{call(9), call(4, carol)}));
  EXPECT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies.open_by(alice), 1u);
}

TEST(ReplyTable, ACallerThatLeavesIsOwedNothing) {  // ROUTE-014
  ReplyTable replies;
  ASSERT_TRUE(replies.open(call(1), 8, start + 1s));
  ASSERT_TRUE(replies.open(call(2, alice, alice), 8, {}));

  replies.forget_caller(alice);

  EXPECT_EQ(replies.size(), 0u);
  EXPECT_TRUE(replies.take_callee(bob).empty());
  EXPECT_TRUE(replies.expire(start + 5s).empty());
}

}  // namespace
}  // namespace headway::broker
