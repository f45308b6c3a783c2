// SPDX-License-Identifier: MIT
#include "client/calls.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>

namespace headway::client {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1h};

class Waiter final : public pending {
 public:
  std::optional<result<message>> reply;
  std::function<void()> then = [] {};

 private:
  void complete(result<message> told) override {
    reply.emplace(std::move(told));
    const auto last = then;  // which may destroy this
    last();
  }
};

TEST(CallTable, AReplyIsForTheCallWithItsSerial) {
  CallTable calls;
  Waiter a;
  Waiter b;
  calls.add(a, {.serial = 1});
  calls.add(b, {.serial = 17});  // the same bucket
  EXPECT_EQ(calls.find(1), &a);
  EXPECT_EQ(calls.find(17), &b);
  EXPECT_EQ(calls.find(33), nullptr);
  calls.complete(a, message());
  EXPECT_TRUE(a.reply);
  EXPECT_FALSE(b.reply);
  EXPECT_EQ(calls.find(1), nullptr);
}

TEST(CallTable, ADestroyedWaiterIsNotWaitedForAnyMore) {
  CallTable calls;
  auto gone = std::make_unique<Waiter>();
  calls.add(*gone, {.serial = 5, .deadline = start});
  gone.reset();
  EXPECT_EQ(calls.find(5), nullptr);
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  EXPECT_FALSE(calls.expire_one(start + 1h));
}

TEST(CallTable, AWaiterOutlivesTheTable) {
  Waiter waiter;
  {
    CallTable calls;
    calls.add(waiter, {.serial = 1, .deadline = start});
  }
  EXPECT_FALSE(waiter.is_waiting());
  EXPECT_FALSE(waiter.reply);
}

TEST(CallTable, AWaiterMayDestroyOthersAndItselfWhenItIsTold) {
  CallTable calls;
  auto first = std::make_unique<Waiter>();
  auto second = std::make_unique<Waiter>();
  calls.add(*first, {.serial = 1, .deadline = start});
  calls.add(*second, {.serial = 2, .deadline = start});
  for (auto* waiter : {&first, &second}) {
    (*waiter)->then = [&] {
      first.reset();
      second.reset();
    };
  }
  EXPECT_TRUE(calls.expire_one(start));
  EXPECT_FALSE(first);
  EXPECT_FALSE(calls.expire_one(start));
  EXPECT_EQ(calls.size(), 0u);
}

TEST(CallTable, WhoCannotBeAnsweredIsTold) {
  CallTable calls;
  Waiter waiter;
  calls.add(waiter, {.serial = 1});
  EXPECT_TRUE(calls.fail_one(error("a.b", "c")));
  EXPECT_EQ(waiter.reply->error().name(), "a.b");
  EXPECT_FALSE(calls.fail_one(error("a.b", "c")));
}

TEST(CallTable, CallsExpireByDeadlineWhateverWasCancelledBetween) {
  std::mt19937 random(7);
  CallTable calls;
  std::vector<std::unique_ptr<Waiter>> waiters;
  std::vector<Time> deadlines;
  for (std::uint32_t i = 0; i < 500; ++i) {
    deadlines.push_back(start + std::chrono::seconds(random() % 100));
    waiters.push_back(std::make_unique<Waiter>());
    calls.add(*waiters.back(), {.serial = i + 1, .deadline = deadlines.back()});
    if (random() % 3 == 0) {
      const std::size_t gone = random() % waiters.size();
      waiters[gone].reset();
    }
  }
  for (Time now = start; now <= start + 100s; now += 1s) {
    while (calls.expire_one(now)) {
    }
    for (std::size_t i = 0; i < waiters.size(); ++i) {
      if (waiters[i]) {
        EXPECT_EQ(waiters[i]->reply.has_value(), deadlines[i] <= now) << i;
      }
    }
  }
  EXPECT_EQ(calls.size(), 0u);
}

}  // namespace
}  // namespace headway::client
