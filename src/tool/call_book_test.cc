// SPDX-License-Identifier: MIT
#include "tool/call_book.h"

#include <gtest/gtest.h>

#include "tool/traffic_testing.h"

namespace headway::tool {
namespace {

using testing::call_of;
using testing::reply_of;

constexpr WallTime noon{std::chrono::seconds(1'700'000'000)};

TEST(CallBook, FindsTheCallOfAReplyOnce) {
  CallBook book;
  book.add(call_of(":1.1", "a.b", 7), noon, true);
  book.add(call_of(":1.2", "c.d", 7), noon, false);

  const auto call = book.take(reply_of(":1.9", ":1.1", 7));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->destination, "a.b");
  EXPECT_EQ(call->path, "/p");
  EXPECT_EQ(call->interface, "a.b");
  EXPECT_EQ(call->member, "M");
  EXPECT_EQ(call->when, noon);
  EXPECT_TRUE(call->fits);
  EXPECT_FALSE(book.take(reply_of(":1.9", ":1.1", 7)));
  EXPECT_FALSE(book.take(reply_of(":1.9", ":1.2", 8)));
}

TEST(CallBook, ForgetsTheOldestOfTooMany) {
  CallBook book(2);
  for (const std::uint32_t serial : {1u, 2u, 3u})
    book.add(call_of(":1.1", "a.b", serial), noon, true);
  EXPECT_FALSE(book.take(reply_of(":1.9", ":1.1", 1)));
  EXPECT_TRUE(book.take(reply_of(":1.9", ":1.1", 2)));
  EXPECT_TRUE(book.take(reply_of(":1.9", ":1.1", 3)));
}

TEST(CallBook, CallsThatWereAnsweredPushNoneOut) {
  CallBook book(2);
  book.add(call_of(":1.1", "a.b", 1), noon, true);
  for (const std::uint32_t serial : {2u, 3u, 4u}) {
    book.add(call_of(":1.1", "a.b", serial), noon, true);
    EXPECT_TRUE(book.take(reply_of(":1.9", ":1.1", serial)));
  }
  EXPECT_TRUE(book.take(reply_of(":1.9", ":1.1", 1)));
}

TEST(CallBook, ForgetsTheCallsOfOneCallerAlone) {
  CallBook book;
  for (const char* const caller : {":1.1", ":1.10", ":1.2"}) {
    book.add(call_of(caller, "a.b", 1), noon, true);
    book.add(call_of(caller, "a.b", 2), noon, true);
  }
  book.forget(":1.1");

  std::string left;
  book.each([&](std::string_view caller, const SeenCall&) { left.append(caller).append(" "); });
  EXPECT_EQ(left, ":1.10 :1.10 :1.2 :1.2 ");
}

TEST(CallBook, HoldsNoCallThatWantsNoReply) {
  CallBook book;
  book.add(testing::received({.type = wire::MessageType::method_call,
                              .flags = wire::no_reply_expected,
                              .serial = 7,
                              .path = "/p",
                              .member = "M",
                              .sender = ":1.1"}),
           noon, true);
  EXPECT_FALSE(book.take(reply_of(":1.9", ":1.1", 7)));
}

}  // namespace
}  // namespace headway::tool
