// SPDX-License-Identifier: MIT
#include "io/send_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/receive.h"
#include "io/socket.h"

namespace headway::io {
namespace {

using Outcome = SendQueue::Flushed::Outcome;
constexpr std::size_t no_limit = std::size_t{1} << 30;

std::string letters(std::size_t count, char first) {
  std::string text(count, ' ');
  for (std::size_t i = 0; i < count; ++i) {
    text[i] = static_cast<char>(first + static_cast<char>(i % 23));
  }
  return text;
}

struct FdHolder {
  std::vector<Fd> fds;
};

/// Descriptors that can be told apart by the size of the file behind them.
std::shared_ptr<FdHolder> files_of_sizes(const std::vector<off_t>& sizes) {
  auto holder = std::make_shared<FdHolder>();
  for (const off_t size : sizes) {
    Fd fd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    EXPECT_EQ(::ftruncate(fd.get(), size), 0);
    holder->fds.push_back(std::move(fd));
  }
  return holder;
}

off_t file_size(const Fd& fd) {
  struct stat status{};
  return ::fstat(fd.get(), &status) == 0 ? status.st_size : -1;
}

class SendQueueTest : public testing::Test {
 protected:
  SendQueueTest() {
    auto pair = socket_pair();
    sender_ = std::move(pair->first);
    receiver_ = std::move(pair->second);
  }

  void push(std::string_view head, std::string_view body = {}) {
    queue_.push({.head = as_bytes(head), .body = as_bytes(body)}, pool_);
  }
  void push_with_fds(std::string_view head, const std::shared_ptr<FdHolder>& holder) {
    queue_.push({.head = as_bytes(head), .body = {}, .fds = holder->fds, .owner = holder}, pool_);
  }

  /// One read; what came with it is in got_ and fds_.
  bool read(std::size_t bytes_max = 1 << 20) {
    std::vector<char> buffer(bytes_max);
    iovec into{buffer.data(), buffer.size()};
    const Receipt receipt = receive(receiver_.get(), {&into, 1}, fds_);
    got_.append(buffer.data(), receipt.bytes);
    return receipt.kind == Receipt::Kind::bytes;
  }

  BlockPool pool_;
  SendQueue queue_;
  Fd sender_;
  Fd receiver_;
  std::string got_;
  std::vector<Fd> fds_;
};

TEST_F(SendQueueTest, ManySmallMessagesLeaveInOneCall) {
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    push("head " + std::to_string(i) + " ", "body");
    expected += "head " + std::to_string(i) + " body";
  }
  const auto flushed = queue_.flush(sender_.get(), no_limit);

  EXPECT_EQ(flushed.outcome, Outcome::drained);
  EXPECT_EQ(flushed.bytes, expected.size());
  ASSERT_TRUE(read());
  EXPECT_EQ(got_, expected);
}

TEST_F(SendQueueTest, AnEmptyQueueHoldsNoMemory) {
  push(letters(50'000, 'a'));
  EXPECT_EQ(pool_.kept_bytes(), 0u);
  EXPECT_EQ(queue_.flush(sender_.get(), no_limit).outcome, Outcome::drained);

  EXPECT_TRUE(queue_.empty());
  EXPECT_GE(pool_.kept_bytes(), 50'000u);  // all of it is back in the pool
}

TEST_F(SendQueueTest, WhatTheSocketDoesNotTakeStaysInOrder) {
  std::string expected;
  for (int i = 0; i < 400; ++i) {
    const std::string part = letters(3'000, static_cast<char>('A' + i % 20));
    push(part);
    expected += part;
  }
  std::size_t sent = 0;
  bool was_blocked = false;
  while (!queue_.empty()) {
    const auto flushed = queue_.flush(sender_.get(), no_limit);
    was_blocked |= flushed.outcome == Outcome::blocked;
    sent += flushed.bytes;
    EXPECT_EQ(queue_.bytes(), expected.size() - sent);
    while (read(70'001)) {
    }
  }
  EXPECT_TRUE(was_blocked);
  EXPECT_EQ(sent, expected.size());
  EXPECT_EQ(got_, expected);
}

TEST_F(SendQueueTest, ASharedBodyIsSentFromWhereItLiesAndThenLetGo) {
  auto body = std::make_shared<std::string>(letters(300'000, 'a'));
  const std::weak_ptr<std::string> watch = body;
  queue_.push(
      {.head = as_bytes("head"), .body = as_bytes(*body), .owner = body, .share_body = true},
      pool_);
  const std::string expected = "head" + *body;
  (*body)[299'999] = '!';  // shows that nobody copied it
  body.reset();
  push("next");

  while (!queue_.empty()) {
    static_cast<void>(queue_.flush(sender_.get(), no_limit));
    while (read()) {
    }
  }
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(got_, expected.substr(0, 300'003) + "!next");
}

TEST_F(SendQueueTest, AFlushStopsAtItsLimit) {
  push(letters(100'000, 'a'));
  const auto first = queue_.flush(sender_.get(), 30'000);
  EXPECT_EQ(first.outcome, Outcome::more);
  EXPECT_EQ(first.bytes, 30'000u);
  EXPECT_EQ(queue_.flush(sender_.get(), no_limit).outcome, Outcome::drained);
}

// WIRE-054, CVE-2014-3533
TEST_F(SendQueueTest, DescriptorsTravelWithTheFirstByteOfTheirOwnMessage) {
  push("plain.");
  push_with_fds("one.", files_of_sizes({1}));
  push("plain.");
  push_with_fds("two.", files_of_sizes({2, 3}));
  push("plain.");
  const auto flushed = queue_.flush(sender_.get(), no_limit);
  EXPECT_EQ(flushed.outcome, Outcome::drained);
  EXPECT_EQ(flushed.fds, 3u);

  // The kernel ends a read behind bytes that carry descriptors.
  ASSERT_TRUE(read());
  EXPECT_EQ(got_, "plain.one.plain.");
  ASSERT_EQ(fds_.size(), 1u);
  EXPECT_EQ(file_size(fds_[0]), 1);
  ASSERT_TRUE(read());
  EXPECT_EQ(got_, "plain.one.plain.two.plain.");
  ASSERT_EQ(fds_.size(), 3u);
  EXPECT_EQ(file_size(fds_[1]), 2);
  EXPECT_EQ(file_size(fds_[2]), 3);
}

TEST_F(SendQueueTest, DescriptorsAreReportedOnceTheFirstByteIsSent) {
  const auto holder = files_of_sizes({5});
  queue_.push(
      {.head = as_bytes(letters(4'000'000, 'a')), .body = {}, .fds = holder->fds, .owner = holder},
      pool_);
  const auto first = queue_.flush(sender_.get(), no_limit);
  EXPECT_EQ(first.outcome, Outcome::blocked);
  EXPECT_EQ(first.fds, 1u);
  while (!queue_.empty()) {
    while (read()) {
    }
    EXPECT_EQ(queue_.flush(sender_.get(), no_limit).fds, 0u);
  }
  EXPECT_EQ(fds_.size(), 1u);
}

TEST_F(SendQueueTest, ManyMessagesWithDescriptorsTakeSeveralTurns) {
  const auto holder = files_of_sizes({1});
  for (int i = 0; i < SendQueue::sends_max + 1; ++i) push_with_fds("m", holder);
  EXPECT_EQ(queue_.flush(sender_.get(), no_limit).outcome, Outcome::more);
  EXPECT_EQ(queue_.flush(sender_.get(), no_limit).outcome, Outcome::drained);
}

TEST_F(SendQueueTest, DiscardingSaysWhatWasThereAndLetsItGo) {
  auto holder = files_of_sizes({1, 2});
  const std::weak_ptr<FdHolder> watch = holder;
  push("plain");
  push_with_fds("fds", holder);
  holder.reset();

  const auto discarded = queue_.discard();
  EXPECT_EQ(discarded.bytes, 8u);
  EXPECT_EQ(discarded.fds, 2u);
  EXPECT_TRUE(watch.expired());
  EXPECT_TRUE(queue_.empty());
}

TEST_F(SendQueueTest, AClosedReceiverIsAFailure) {
  receiver_.reset();
  push("a");
  const auto flushed = queue_.flush(sender_.get(), no_limit);
  EXPECT_EQ(flushed.outcome, Outcome::failed);
  EXPECT_EQ(flushed.error, EPIPE);
}

}  // namespace
}  // namespace headway::io
