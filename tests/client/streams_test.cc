// SPDX-License-Identifier: MIT
// Typed streams of signals, against a real bus.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
using headway::task;
namespace error_name = headway::error_name;

struct Stroke {
  std::uint32_t number = 0;
  std::string bell;
};
template <class Role>
struct Tower1 {
  static constexpr std::string_view name = "org.example.Tower1";
  headway::method<Role, void(std::uint32_t)> ring;
  headway::signal<Role, Stroke> struck;
  headway::signal<Role, void> rested;
};
/// The same signal as another version of the service has it.
template <class Role>
struct OtherTower1 {
  static constexpr std::string_view name = "org.example.Tower1";
  headway::method<Role, void()> ring;
  headway::signal<Role, std::string> struck;
};

class Streams : public testing::Test {
 protected:
  Streams() {
    service.attach(loop);
    client.attach(loop);
    tower->ring = [&](std::uint32_t times) {
      for (std::uint32_t i = 1; i <= times; ++i) tower->struck(++rung_, "great");
      tower->rested();
    };
  }

  /// "1 2 (3 missed) 6": what `count` times next() gives.
  static task<std::string> take(headway::stream<Stroke>& strokes, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      auto next = co_await strokes.next();
      if (!text.empty()) text += " ";
      text += next ? std::to_string(next->number)
                   : "(" + std::to_string(next.error().missed) + " missed)";
    }
    co_return text;
  }
  task<std::string> ring_and_take(headway::stream<Stroke>& strokes, std::uint32_t times,
                                  int count) {
    co_await proxy->ring(times);
    auto text = co_await take(strokes, count);
    co_return text;
  }

  headway::event_loop loop;
  connection service = connection::open(entry("unix:"));
  connection client = connection::open(entry("unix:"));
  headway::served<Tower1> tower = service.serve<Tower1>("/tower");
  headway::proxy<Tower1> proxy = client.proxy<Tower1>(service.unique_name(), "/tower");

 private:
  std::uint32_t rung_ = 0;
};

TEST_F(Streams, SignalsComeOneAfterTheOther) {
  auto strokes = proxy->struck.stream();
  EXPECT_EQ(loop.run(ring_and_take(strokes, 3, 3)), "1 2 3");
  EXPECT_EQ(loop.run(ring_and_take(strokes, 2, 2)), "4 5");
}

TEST_F(Streams, WhatASlowReaderMissesIsAValueInItsPlace) {
  auto strokes = proxy->struck.stream(2);
  EXPECT_EQ(loop.run(ring_and_take(strokes, 5, 3)), "1 2 (3 missed)");
  EXPECT_EQ(loop.run(ring_and_take(strokes, 1, 1)), "6");
}

TEST_F(Streams, ASlowReaderHoldsUpNobody) {
  auto idle = proxy->struck.stream(1);
  auto strokes = proxy->struck.stream(1000);
  const std::string all = loop.run(ring_and_take(strokes, 1000, 1000));
  EXPECT_TRUE(all.ends_with(" 999 1000"));
  EXPECT_EQ(loop.run(take(idle, 2)), "1 (999 missed)");
}

TEST_F(Streams, ASignalWithoutValuesIsOneToo) {
  auto rests = proxy->rested.stream();
  auto work = [](auto& there, auto& stream) -> task<bool> {
    co_await there->ring(0);
    auto next = co_await stream.next();
    co_return next.has_value();
  };
  EXPECT_TRUE(loop.run(work(proxy, rests)));
}

TEST_F(Streams, ASignalOfOtherTypesIsNotForUs) {
  const auto other = service.serve<OtherTower1>("/other");
  auto strokes = client.proxy<Tower1>(service.unique_name(), "/other")->struck.stream(1);
  loop.run(ring_and_take(strokes, 0, 0));  // the rule is at the bus
  other->struck("a text");
  service.send(headway::message_builder::signal("/other", "org.example.Tower1", "Struck")
                   .uint32(7)
                   .string("small")
                   .build());
  EXPECT_EQ(loop.run(take(strokes, 1)), "7");
}

TEST_F(Streams, AStreamEndsWithTheConnectionsError) {
  auto strokes = proxy->struck.stream();
  auto work = [](headway::stream<Stroke>& stream) -> task<std::string> {
    try {
      co_await stream.next();
    } catch (const headway::error& e) {
      co_return e.name();
    }
    co_return "no error";
  };
  task<std::string> waiting = work(strokes);
  client.close();
  EXPECT_EQ(loop.run(std::move(waiting)), error_name::disconnected);
  EXPECT_EQ(loop.run(work(strokes)), error_name::disconnected);
}

TEST_F(Streams, AReaderMayGoWhileItWaits) {
  auto strokes = proxy->struck.stream();
  {
    task<std::string> waiting = take(strokes, 1);
    waiting.start();
  }
  EXPECT_EQ(loop.run(ring_and_take(strokes, 1, 1)), "1");
}

TEST_F(Streams, AStreamOutlivesItsProxy) {
  std::optional<headway::stream<Stroke>> strokes;
  {
    const auto brief = client.proxy<Tower1>(service.unique_name(), "/tower");
    strokes.emplace(brief->struck.stream());
  }
  EXPECT_EQ(loop.run(ring_and_take(*strokes, 1, 1)), "1");
}

/// A program that calls for long and takes nothing meanwhile: the connection's own bound.
TEST_F(Streams, WhatTheConnectionDroppedIsMissedToo) {
  const connection narrow =
      connection::open(entry("unix:"), {.incoming_bytes_max = std::size_t{4} << 10});
  auto strokes = narrow.proxy<Tower1>(service.unique_name(), "/tower")->struck.stream();
  narrow.name_owner(service.unique_name()).wait();  // the rule is at the bus
  for (std::uint32_t i = 1; i <= 100; ++i) tower->struck(i, "small");
  service.flush();
  narrow.name_owner(service.unique_name()).wait();
  const std::uint64_t dropped = narrow.dropped();
  EXPECT_GT(dropped, 0u);
  EXPECT_LT(dropped, 100u);
  narrow.attach(loop);
  std::uint64_t missed = 0;
  std::uint64_t taken = 0;
  auto work = [&]() -> task<void> {
    while (missed + taken < 100) {
      auto next = co_await strokes.next();
      if (next) {
        ++taken;
      } else {
        missed += next.error().missed;
      }
    }
  };
  loop.run(work());
  EXPECT_EQ(missed, dropped);
  EXPECT_EQ(missed + taken, 100u);
}

}  // namespace
