// SPDX-License-Identifier: MIT
// Handlers whose callers leave, and work that comes from other threads.
#include "headway/caller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using namespace std::chrono_literals;
using headway::connection;
using headway::event_loop;
using headway::message;
using headway::message_builder;
using headway::task;
namespace error_name = headway::error_name;

template <class Role>
struct Patient1 {
  static constexpr std::string_view name = "org.example.Patient1";
  headway::method<Role, std::string()> work;
};

/// A service whose handler works until it may end or its caller is gone.
class CallerGone : public testing::Test {
 protected:
  headway::served<Patient1> serve(const connection& peer) {
    auto object = peer.serve<Patient1>("/o");
    object->work = [this]() -> task<std::string> {
      headway::caller_gone gone;
      ++begun;
      while (!may_end && !gone.is_gone()) co_await loop.sleep(1ms);
      ++(gone.is_gone() ? left : ended);
      co_return "done";
    };
    return object;
  }
  void run_until(const std::function<bool()>& is_so) {
    auto wait = [](event_loop& on, const std::function<bool()>& what) -> task<> {
      while (!what()) co_await on.sleep(1ms);
    };
    loop.run(wait(loop, is_so));
  }
  connection open() { return loop.run(connection::open_async(entry("unix:"), loop)); }

  event_loop loop;
  bool may_end = false;
  int begun = 0;
  int ended = 0;
  int left = 0;
};

TEST_F(CallerGone, IsToldOfACallerThatLeavesTheBus) {
  const connection service = open();
  const auto object = serve(service);
  const connection client = open();
  const auto proxy = client.proxy<Patient1>(service.unique_name(), "/o");
  const headway::slot call = proxy->work().then([](const headway::result<std::string>&) {});
  run_until([&] { return begun == 1; });
  const connection other = open();
  other.close();  // somebody else's end is nothing to it
  auto nap = [](event_loop& on) -> task<> { co_await on.sleep(20ms); };
  loop.run(nap(loop));
  EXPECT_EQ(left, 0);
  client.close();
  run_until([&] { return left == 1; });
  EXPECT_EQ(ended, 0);
}

TEST_F(CallerGone, ACallerThatStaysGetsItsReply) {
  const connection service = open();
  const auto object = serve(service);
  const connection client = open();
  const auto proxy = client.proxy<Patient1>(service.unique_name(), "/o");
  std::string told;
  const headway::slot call = proxy->work().then(
      [&](const headway::result<std::string>& reply) { told = reply.value_or("error"); });
  run_until([&] { return begun == 1; });
  may_end = true;
  run_until([&] { return !told.empty(); });
  EXPECT_EQ(told, "done");
  EXPECT_EQ(left, 0);
}

TEST_F(CallerGone, ACallerThatLeftBeforeIsGone) {
  const connection service = open();
  const auto object = serve(service);
  {
    const connection client = connection::open(entry("unix:"));
    client.send(
        message_builder::method_call(service.unique_name(), "/o", "org.example.Patient1", "Work")
            .build());
    client.flush();
  }
  run_until([&] { return left == 1; });
}

TEST_F(CallerGone, APeerIsGoneWithItsConnection) {
  auto ends = connection::pair();
  ends.first.attach(loop);
  ends.second.attach(loop);
  const auto object = serve(ends.first);
  const auto proxy = ends.second.proxy<Patient1>("", "/o");
  const headway::slot call = proxy->work().then([](const headway::result<std::string>&) {});
  run_until([&] { return begun == 1; });
  ends.second.close();
  run_until([&] { return left == 1; });
}

TEST_F(CallerGone, ItStopsWhatTheHandlerWaitsFor) {
  auto ends = connection::pair();  // whose other end never answers
  ends.first.attach(loop);
  const connection service = open();
  auto object = service.serve<Patient1>("/o");
  std::string outcome;
  object->work = [&]() -> task<std::string> {
    headway::caller_gone gone;
    ++begun;
    const message ping =
        message_builder::method_call("", "/", "org.freedesktop.DBus.Peer", "Ping").build();
    auto reply = co_await ends.first.call(ping).within(1h).stopped_by(gone.token()).as_result();
    outcome = reply ? "no error" : reply.error().name();
    co_return outcome;
  };
  const connection client = open();
  const auto proxy = client.proxy<Patient1>(service.unique_name(), "/o");
  const headway::slot call = proxy->work().then([](const headway::result<std::string>&) {});
  run_until([&] { return begun == 1; });
  client.close();
  run_until([&] { return !outcome.empty(); });
  EXPECT_EQ(outcome, error_name::canceled);
}

TEST_F(CallerGone, OutsideOfAHandlerThereIsNone) {
  EXPECT_THROW(headway::caller_gone(), std::logic_error);
}

TEST(Threads, PassWorkToTheLoopInOrder) {
  constexpr int threads = 4;
  constexpr int each = 1'000;
  event_loop loop;
  std::vector<int> seen(threads);
  int done = 0;
  std::vector<std::thread> others;
  for (int i = 0; i < threads; ++i) {
    others.emplace_back([&, i] {
      for (int n = 0; n < each; ++n) {
        loop.post([&, i, n] {
          EXPECT_EQ(seen[static_cast<std::size_t>(i)]++, n);
          if (++done == threads * each) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(done, threads * each);
}

TEST(Threads, WhatPassedWorkThrowsComesOutOfRunAndTheRestIsRun) {
  event_loop loop;
  bool is_run = false;
  loop.post([] { throw std::runtime_error("passed"); });
  loop.post([&] {
    is_run = true;
    loop.stop();
  });
  EXPECT_THROW(loop.run(), std::runtime_error);
  loop.run();
  EXPECT_TRUE(is_run);
}

TEST(Threads, AConnectionThatALoopServesRefusesOtherThreads) {
  event_loop loop;
  const connection bus = connection::open(entry("unix:"));
  bus.attach(loop);
  std::promise<void> runs;
  std::thread server([&] {
    auto ask = [](const connection& at) -> task<> {
      auto owner = co_await at.name_owner("org.freedesktop.DBus");
    };
    loop.run(ask(bus));
    runs.set_value();
    loop.run();
  });
  runs.get_future().wait();
  const auto refused = bus.name_owner("org.freedesktop.DBus").as_result().wait();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name(), error_name::failed);
  std::promise<bool> passed;
  headway::slot call;
  loop.post([&] {
    call =
        bus.name_owner("org.freedesktop.DBus").then([&](const headway::result<std::string>& owner) {
          passed.set_value(owner.has_value());
          loop.stop();
        });
  });
  EXPECT_TRUE(passed.get_future().get());
  server.join();
  bus.detach();
  EXPECT_TRUE(bus.name_owner("org.freedesktop.DBus").as_result().wait());
}

}  // namespace
