// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus_testing.h"
#include "headway/headway.h"

/// What headway::loop promises, for any loop. A Driver has `headway::loop& loop()`,
/// `void spawn(task<>)`, `void turn()`, which handles at least one thing that happens, and
/// `void end()`, after which there is no loop.
template <class Driver>
class LoopContract : public testing::Test {
 protected:
  using time_point = headway::loop::time_point;

  class Source final : public headway::loop::source {
   public:
    explicit Source(Driver& driver) : driver_(&driver) {}
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source() {
      if (!has_ended) driver_->loop().forget(*this);
    }
    std::function<void()> then = [] {};
    int told = 0;
    bool has_ended = false;

   private:
    void ready() override {
      ++told;
      const auto what = then;  // it may end this
      what();
    }
    void loop_ended() noexcept override { has_ended = true; }
    Driver* driver_;
  };

  struct Ends {
    Ends() {
      int made[2];
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made), 0);
      ours = headway::unique_fd(made[0]);
      theirs = headway::unique_fd(made[1]);
    }
    void write() const { EXPECT_EQ(::write(theirs.get(), "x", 1), 1); }
    void read() const {
      char byte = 0;
      EXPECT_EQ(::recv(ours.get(), &byte, 1, MSG_DONTWAIT), 1);
    }
    headway::unique_fd ours, theirs;
  };

  template <class Condition>
  void until(Condition condition) {
    while (!condition()) driver.turn();
  }
  /// Long enough for what was not asked for to show: another source's turn comes and goes.
  void pass() {
    Source other(driver);
    for (int i = 1; i <= 3; ++i) {
      driver.loop().post(other);
      until([&] { return other.told >= i; });
    }
  }

  Driver driver;
};

TYPED_TEST_SUITE_P(LoopContract);

TYPED_TEST_P(LoopContract, TellsWhenADescriptorCanBeRead) {
  typename TestFixture::Ends ends;
  typename TestFixture::Source source(this->driver);
  source.then = [&] { ends.read(); };
  this->driver.loop().watch(source, ends.ours.get(), false);
  this->pass();
  EXPECT_EQ(source.told, 0);
  for (int i = 1; i <= 3; ++i) {
    ends.write();
    this->until([&] { return source.told == i; });
  }
}

TYPED_TEST_P(LoopContract, TellsAgainWhatWasNotTaken) {
  typename TestFixture::Ends ends;
  typename TestFixture::Source source(this->driver);
  ends.write();
  this->driver.loop().watch(source, ends.ours.get(), false);
  this->until([&] { return source.told >= 3; });
}

TYPED_TEST_P(LoopContract, TellsOfRoomToWriteOnlyWhileItIsWanted) {
  typename TestFixture::Ends ends;
  typename TestFixture::Source source(this->driver);
  this->driver.loop().watch(source, ends.ours.get(), false);
  this->pass();
  EXPECT_EQ(source.told, 0);
  source.then = [&] { this->driver.loop().watch(source, ends.ours.get(), false); };
  this->driver.loop().watch(source, ends.ours.get(), true);
  this->until([&] { return source.told > 0; });
  const int told = source.told;
  this->pass();
  EXPECT_LE(source.told, told + 1);  // one that was on its way
  source.then = [&] { ends.read(); };
  const int before = source.told;
  ends.write();
  this->until([&] { return source.told > before; });
}

TYPED_TEST_P(LoopContract, WatchesAnotherDescriptorInsteadOfTheFirst) {
  typename TestFixture::Ends first;
  typename TestFixture::Ends second;
  typename TestFixture::Source source(this->driver);
  this->driver.loop().watch(source, first.ours.get(), false);
  this->pass();
  this->driver.loop().watch(source, second.ours.get(), false);
  first.write();
  this->pass();
  EXPECT_EQ(source.told, 0);
  source.then = [&] { second.read(); };
  second.write();
  this->until([&] { return source.told == 1; });
}

TYPED_TEST_P(LoopContract, WakesOnceAndNotBefore) {
  typename TestFixture::Source source(this->driver);
  const auto when = this->driver.loop().now() + std::chrono::milliseconds(20);
  std::optional<typename TestFixture::time_point> rang;
  source.then = [&] {
    const auto now = this->driver.loop().now();
    if (now >= when && !rang) rang = now;
  };
  this->driver.loop().wake(source, when);
  this->until([&] { return rang.has_value(); });
  const int told = source.told;
  this->pass();
  EXPECT_EQ(source.told, told);
}

TYPED_TEST_P(LoopContract, WakesInTheOrderOfTheTimesAskedForLast) {
  typename TestFixture::Source early(this->driver);
  typename TestFixture::Source late(this->driver);
  typename TestFixture::Source never(this->driver);
  const auto now = this->driver.loop().now();
  this->driver.loop().wake(late, now);
  this->driver.loop().wake(late, now + std::chrono::milliseconds(40));
  this->driver.loop().wake(never, now);
  this->driver.loop().wake(never, std::nullopt);
  this->driver.loop().wake(early, now + std::chrono::hours(1));
  this->driver.loop().wake(early, now + std::chrono::milliseconds(10));
  std::string order;
  early.then = [&] { order += 'e'; };
  late.then = [&] { order += 'l'; };
  this->until([&] { return late.told > 0; });
  EXPECT_EQ(order, "el");
  EXPECT_EQ(never.told, 0);
}

TYPED_TEST_P(LoopContract, ATimeThatHasPassedRingsAtOnce) {
  typename TestFixture::Source source(this->driver);
  this->driver.loop().wake(source, this->driver.loop().now() - std::chrono::seconds(5));
  this->until([&] { return source.told == 1; });
}

TYPED_TEST_P(LoopContract, APostComesOnceAndLater) {
  typename TestFixture::Source source(this->driver);
  this->driver.loop().post(source);
  this->driver.loop().post(source);
  EXPECT_EQ(source.told, 0);
  this->until([&] { return source.told > 0; });
  this->pass();
  EXPECT_EQ(source.told, 1);
}

TYPED_TEST_P(LoopContract, APostFromAPostComesLater) {
  typename TestFixture::Source source(this->driver);
  source.then = [&] {
    const int told = source.told;
    if (told < 3) this->driver.loop().post(source);
    EXPECT_EQ(source.told, told);
  };
  this->driver.loop().post(source);
  this->until([&] { return source.told == 3; });
}

TYPED_TEST_P(LoopContract, ASourceMayEndItselfAndOthersWhileItIsTold) {
  typename TestFixture::Ends ends[2];
  std::vector<std::unique_ptr<typename TestFixture::Source>> both;
  int told = 0;
  for (auto& one : ends) {
    both.push_back(std::make_unique<typename TestFixture::Source>(this->driver));
    both.back()->then = [&] {
      ++told;
      both.clear();
    };
    this->driver.loop().watch(*both.back(), one.ours.get(), false);
    this->driver.loop().wake(*both.back(), this->driver.loop().now());
    this->driver.loop().post(*both.back());
    one.write();
  }
  this->until([&] { return told > 0; });
  this->pass();
  EXPECT_EQ(told, 1);
}

TYPED_TEST_P(LoopContract, ALoopThatEndsSaysSo) {
  typename TestFixture::Ends ends;
  typename TestFixture::Source source(this->driver);
  this->driver.loop().watch(source, ends.ours.get(), true);
  this->driver.loop().wake(source, this->driver.loop().now() + std::chrono::hours(1));
  this->driver.loop().post(source);
  this->driver.end();
  EXPECT_TRUE(source.has_ended);
}

namespace loop_contract {

template <class Role>
struct Counter1 {
  static constexpr std::string_view name = "org.example.Counter1";
  headway::method<Role, std::int32_t(std::int32_t)> add;
  headway::method<Role, void()> stall;
  headway::signal<Role, std::int32_t> changed;
};

inline headway::task<> count(headway::connection bus, std::string name,
                             std::vector<std::string>& log, bool& is_done) {
  auto counter = bus.proxy<Counter1>(name, "/c");
  auto slot = counter->changed.on(
      [&](std::int32_t sum) { log.push_back("signal " + std::to_string(sum)); });
  for (int i = 1; i <= 3; ++i) {
    const int sum = co_await counter->add(i);
    log.push_back("sum " + std::to_string(sum));
  }
  // A blocking call to the bus inside of a coroutine.
  log.push_back(bus.name_owner(name).wait() == name ? "owner" : "?");
  const auto late = co_await counter->stall().within(std::chrono::milliseconds(20)).as_result();
  log.push_back(late ? "?" : late.error().name());
  is_done = true;
}

/// Destroyed when its coroutine is.
struct Flag {
  explicit Flag(bool& to_set) : what(to_set) {}
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
  ~Flag() { what = true; }
  bool& what;
};
inline headway::task<> wait_for_ever(headway::connection bus, std::string name, bool& has_ended) {
  const Flag flag(has_ended);
  auto counter = bus.proxy<Counter1>(name, "/c");
  co_await counter->stall().without_limit();
}

}  // namespace loop_contract

TYPED_TEST_P(LoopContract, ServesConnectionsAndRunsCoroutines) {
  using namespace loop_contract;
  auto service = headway::connection::open(address());
  auto client = headway::connection::open(address());
  service.attach(this->driver.loop());
  client.attach(this->driver.loop());
  auto counter = service.template serve<Counter1>("/c");
  int sum = 0;
  counter->add = [&](std::int32_t more) {
    sum += more;
    counter->changed(sum);
    return sum;
  };
  counter->stall = []() -> headway::task<> { co_await std::suspend_always{}; };
  std::vector<std::string> log;
  bool is_done = false;
  this->driver.spawn(count(client, service.unique_name(), log, is_done));
  this->until([&] { return is_done; });
  EXPECT_EQ(log,
            (std::vector<std::string>{"signal 1", "sum 1", "signal 3", "sum 3", "signal 6", "sum 6",
                                      "owner", std::string(headway::error_name::no_reply)}));
}

TYPED_TEST_P(LoopContract, MovesMoreThanASocketTakes) {
  auto sender = headway::connection::open(address());
  auto receiver = headway::connection::open(address());
  sender.attach(this->driver.loop());
  receiver.attach(this->driver.loop());
  int seen = 0;
  auto slot = receiver.on("interface='org.example.Big'", [&](const headway::message&) { ++seen; });
  receiver
      .call(headway::message_builder::method_call("org.freedesktop.DBus", "/",
                                                  "org.freedesktop.DBus", "GetId")
                .build())
      .wait();
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 8; ++i) {
    sender.send(
        headway::message_builder::signal("/b", "org.example.Big", "Blob").string(text).build());
  }
  this->until([&] { return seen == 8; });
}

TYPED_TEST_P(LoopContract, AnEndCancelsItsCoroutinesAndClosesItsConnections) {
  using namespace loop_contract;
  auto bus = headway::connection::open(address());
  bus.attach(this->driver.loop());
  bool has_ended = false;
  this->driver.spawn(wait_for_ever(bus, "org.freedesktop.DBus", has_ended));
  this->driver.end();
  EXPECT_TRUE(has_ended);
  EXPECT_FALSE(bus.is_open());
}

REGISTER_TYPED_TEST_SUITE_P(LoopContract, TellsWhenADescriptorCanBeRead, TellsAgainWhatWasNotTaken,
                            TellsOfRoomToWriteOnlyWhileItIsWanted,
                            WatchesAnotherDescriptorInsteadOfTheFirst, WakesOnceAndNotBefore,
                            WakesInTheOrderOfTheTimesAskedForLast, ATimeThatHasPassedRingsAtOnce,
                            APostComesOnceAndLater, APostFromAPostComesLater,
                            ASourceMayEndItselfAndOthersWhileItIsTold, ALoopThatEndsSaysSo,
                            ServesConnectionsAndRunsCoroutines, MovesMoreThanASocketTakes,
                            AnEndCancelsItsCoroutinesAndClosesItsConnections);
