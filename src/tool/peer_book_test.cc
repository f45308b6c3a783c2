// SPDX-License-Identifier: MIT
#include "tool/peer_book.h"

#include <gtest/gtest.h>

#include "tool/traffic_testing.h"

namespace headway::tool {
namespace {

using testing::name_owner_changed;

TEST(PeerBook, FollowsANameFromOwnerToOwner) {
  PeerBook book;
  book.follow(name_owner_changed("a.b", "", ":1.1"));
  EXPECT_EQ(book.owner_of("a.b"), ":1.1");
  EXPECT_EQ(book.label_of(":1.1"), "a.b");

  book.follow(name_owner_changed("a.b", ":1.1", ":1.2"));
  EXPECT_EQ(book.owner_of("a.b"), ":1.2");
  EXPECT_EQ(book.label_of(":1.1"), ":1.1");

  book.follow(name_owner_changed("a.b", ":1.2", ""));
  EXPECT_EQ(book.owner_of("a.b"), "");
  EXPECT_EQ(book.find("a.b"), nullptr);
}

TEST(PeerBook, ForgetsWhoLeft) {
  PeerBook book;
  book.follow(name_owner_changed(":1.1", "", ":1.1"));
  book.own("a.b", ":1.1");
  ASSERT_NE(book.find("a.b"), nullptr);

  book.follow(name_owner_changed(":1.1", ":1.1", ""));
  EXPECT_EQ(book.find(":1.1"), nullptr);
  EXPECT_EQ(book.owner_of("a.b"), "");
}

TEST(PeerBook, BelievesTheBusAlone) {
  PeerBook book;
  book.follow(name_owner_changed("a.b", "", ":1.1", ":1.1"));
  EXPECT_EQ(book.owner_of("a.b"), "");
}

TEST(PeerBook, CallsAPeerByItsFirstNameOrItsProgram) {
  PeerBook book;
  EXPECT_EQ(book.label_of(":1.1"), ":1.1");
  EXPECT_EQ(book.label_of("a.b"), "a.b");
  book.at(":1.1").executable = "/usr/bin/clock";
  EXPECT_EQ(book.label_of(":1.1"), ":1.1 clock");
  book.own("a.first", ":1.1");
  book.own("a.again", ":1.1");
  EXPECT_EQ(book.label_of(":1.1"), "a.first");
}

}  // namespace
}  // namespace headway::tool
