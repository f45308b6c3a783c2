// SPDX-License-Identifier: MIT
// Coroutines, callbacks and subscriptions, with a scripted peer on the same loop.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>

#include "client/peer_testing.h"
#include "headway/connection.h"
#include "headway/loop.h"

namespace headway::client {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// A bus's side that runs on the loop and does what the test says with each message it gets.
class Bus final : loop::source {
 public:
  Bus(event_loop& runner, Fd socket) : loop_(runner), peer_(std::move(socket)) {
    loop_.watch(*this, peer_.socket(), false);
  }
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  ~Bus() { loop_.forget(*this); }

  void send(const message& what) { peer_.send(what); }
  void answer(const message& call) {
    send(message_builder::method_return(call).string("pong").build());
  }
  void hang_up() {
    loop_.forget(*this);
    peer_.hang_up();
  }
  void work() { ready(); }

  std::function<void(const message&)> on_message = [this](const message& call) {
    if (call.expects_reply()) answer(call);
  };
  std::vector<std::string> rules;  // those that were added and not removed

 private:
  void ready() override {
    peer_.work();
    for (const message& what : std::exchange(peer_.received, {})) {
      if (what.member() == "AddMatch") rules.emplace_back(what.body().string());
      if (what.member() == "RemoveMatch") std::erase(rules, what.body().string());
      on_message(what);
    }
  }
  void loop_ended() noexcept override {}

  event_loop& loop_;
  Peer peer_;
};

class Async : public testing::Test {
 protected:
  Async() : Async(*io::socket_pair()) {}

  [[nodiscard]] call<message> ask() const { return client.call(ping()); }
  void turn(int times = 5) {
    for (int i = 0; i < times; ++i) {
      loop.post(idle_);
      loop.turn();
    }
  }

  event_loop loop;
  TestWorld world;
  Bus bus;
  connection client;

 private:
  struct Idle final : event_loop::source {
    void ready() override {}
    void loop_ended() noexcept override {}
  };

  explicit Async(std::pair<Fd, Fd> ends)
      : bus(loop, std::move(ends.first)), client(open(std::move(ends.second))) {
    client.attach(loop);
  }
  connection open(Fd socket) {
    world.meanwhile = [this] { bus.work(); };
    return connection(*open_socket(std::move(socket), {}, world));
  }

  Idle idle_;
};

task<std::string> pong(call<message> asked) {
  auto reply = co_await std::move(asked);
  co_return std::string(reply.body().string());
}

task<std::string> name_of_error(call<message> asked) {
  auto reply = co_await std::move(asked).as_result();
  co_return reply ? "no error" : reply.error().name();
}

TEST_F(Async, ACoroutineGetsItsReply) { EXPECT_EQ(loop.run(pong(ask())), "pong"); }

TEST_F(Async, ACoroutineGetsErrorsThrownOrReturned) {
  bus.on_message = [&](const message& call) {
    bus.send(message_builder::error_reply(call, "a.b.No", "never").build());
  };
  EXPECT_EQ(loop.run(name_of_error(ask())), "a.b.No");
  EXPECT_THROW(loop.run(pong(ask())), error);
}

TEST_F(Async, ACallEndsAtItsDeadline) {
  bus.on_message = [](const message&) {};
  EXPECT_EQ(loop.run(name_of_error(ask().within(5ms))), error_name::no_reply);
}

TEST_F(Async, ACallEndsWithTheConnection) {
  bus.on_message = [this](const message&) { bus.hang_up(); };
  EXPECT_EQ(loop.run(name_of_error(ask())), error_name::disconnected);
  EXPECT_EQ(loop.run(name_of_error(ask())), error_name::disconnected);
}

TEST_F(Async, ManyCallsAreUnderWayAtOnce) {
  std::vector<message> calls;
  bus.on_message = [&](const message& call) { calls.push_back(call); };
  std::vector<task<std::string>> tasks;
  for (int i = 0; i < 100; ++i) {
    tasks.push_back(pong(ask()));
    tasks.back().start();
  }
  turn();
  ASSERT_EQ(calls.size(), 100u);
  for (std::size_t i = calls.size(); i-- > 0;) bus.answer(calls[i]);
  turn();
  for (auto& one : tasks) {
    ASSERT_TRUE(one.is_done());
    EXPECT_EQ(std::move(one).get(), "pong");
  }
}

/// Where a call can be when its coroutine is destroyed.
enum class When {
  before_it_starts,
  before_it_is_sent,
  when_it_is_sent,
  when_the_reply_waits,
  when_the_connection_is_gone
};

class Cancelled : public Async, public testing::WithParamInterface<When> {};

TEST_P(Cancelled, ACallIsNeverResumed) {
  std::optional<task<std::string>> doomed = pong(ask());
  std::vector<message> calls;
  bus.on_message = [&](const message& call) { calls.push_back(call); };
  if (GetParam() != When::before_it_starts) doomed->start();
  if (GetParam() == When::when_it_is_sent) turn();
  if (GetParam() == When::when_the_connection_is_gone) client.close();
  if (GetParam() == When::when_the_reply_waits) {
    turn();
    ASSERT_EQ(calls.size(), 1u);
    bus.answer(calls[0]);
    // A blocking call reads the reply of the other, and leaves it in the queue.
    world.meanwhile = [this] { bus.work(); };
    bus.on_message = [this](const message& call) { bus.answer(call); };
    std::ignore = ask().wait();
  }
  doomed.reset();
  bus.on_message = [this](const message& call) { bus.answer(call); };
  for (const message& call : calls) bus.answer(call);
  turn();
  if (GetParam() != When::when_the_connection_is_gone) {
    EXPECT_EQ(loop.run(pong(ask())), "pong");
  }
}

INSTANTIATE_TEST_SUITE_P(Async, Cancelled,
                         testing::Values(When::before_it_starts, When::before_it_is_sent,
                                         When::when_it_is_sent, When::when_the_reply_waits,
                                         When::when_the_connection_is_gone));

TEST_F(Async, ATaskMayBeDestroyedByWhatItsNeighbourDoes) {
  std::optional<task<std::string>> neighbour = pong(ask());
  auto murderer = [](call<message> asked, auto& victim) -> task<> {
    auto reply = co_await std::move(asked);
    victim.reset();
  };
  task<> killer = murderer(ask(), neighbour);
  killer.start();
  neighbour->start();
  turn();
  EXPECT_TRUE(killer.is_done());
  EXPECT_FALSE(neighbour);
}

TEST_F(Async, AStopTokenEndsTheWait) {
  bus.on_message = [](const message&) {};
  std::stop_source stop;
  task<std::string> waiting = name_of_error(ask().stopped_by(stop.get_token()));
  waiting.start();
  turn();
  EXPECT_FALSE(waiting.is_done());
  stop.request_stop();
  ASSERT_TRUE(waiting.is_done());
  EXPECT_EQ(std::move(waiting).get(), error_name::canceled);
  EXPECT_EQ(loop.run(name_of_error(ask().stopped_by(stop.get_token()))), error_name::canceled);
}

TEST_F(Async, ACallbackIsCalledOnceAndMayDropItsSlot) {
  int called = 0;
  slot waiting = ask().then([&](const result<message>& reply) {
    ++called;
    EXPECT_EQ(reply->body().string(), "pong");
    waiting.reset();
  });
  slot dropped = ask().then([&](const result<message>&) { called += 100; });
  dropped.reset();
  turn();
  EXPECT_EQ(called, 1);
}

TEST_F(Async, WhatCameBeforeAReplyIsHandledBefore) {
  std::string order;
  const slot ticks = client.on("type='signal',member='Tick'", [&](const message& what) {
    order += std::to_string(what.body().uint32());
  });
  bus.on_message = [&](const message& call) {
    if (call.member() != "Ping") return;
    bus.send(tick(1));
    bus.send(tick(2));
    bus.answer(call);
    bus.send(tick(3));
  };
  auto work = [](call<message> asked, std::string& text) -> task<> {
    auto reply = co_await std::move(asked);
    text += "r";
  };
  loop.run(work(ask(), order));
  turn();
  EXPECT_EQ(order, "12r3");
}

TEST_F(Async, AHandlerMayCallAndWait) {
  world.meanwhile = [this] { bus.work(); };
  std::string order;
  const slot ticks = client.on("member='Tick'", [&](const message& what) {
    const auto number = std::to_string(what.body().uint32());
    order += "<" + number;
    order += ask().wait().body().string();
    order += number + ">";
  });
  bus.send(tick(1));
  bus.send(tick(2));
  turn();
  EXPECT_EQ(order, "<1pong1><2pong2>");
}

TEST_F(Async, RulesAreAddedOnceAndRemovedWithTheLast) {
  const std::string rule = "type='signal',interface='a.b'";
  slot first = client.on(rule, [](const message&) {});
  slot second = client.on("interface='a.b',type='signal'", [](const message&) {});
  turn();
  EXPECT_EQ(bus.rules.size(), 1u);
  first.reset();
  turn();
  EXPECT_EQ(bus.rules.size(), 1u);
  second.reset();
  turn();
  EXPECT_EQ(bus.rules.size(), 0u);
  EXPECT_THROW(std::ignore = client.on("nonsense"s, [](const message&) {}), error);
}

TEST_F(Async, OnlyWhatARuleDescribesIsTold) {
  int told = 0;
  const auto count = [&](const message&) { ++told; };
  const slot slots[] = {client.on("type='signal',interface='a.b',member='S',path='/x/y'", count),
                        client.on("path_namespace='/x'", count),
                        client.on("arg0='value'", count),
                        client.on("arg0namespace='value'", count),
                        client.on("arg1path='/p/'", count),
                        client.on("sender=':1.1'", count)};
  const slot others[] = {
      client.on("member='T'", count),          client.on("path='/x'", count),
      client.on("path_namespace='/z'", count), client.on("arg0='other'", count),
      client.on("arg2='value'", count),        client.on("arg1path='/q/'", count),
      client.on("sender=':1.2'", count),       client.on("type='method_return'", count)};
  bus.send(message_builder::signal("/x/y", "a.b", "S")
               .sender(":1.1")
               .string("value")
               .object_path("/p/q")
               .build());
  turn();
  EXPECT_EQ(told, 6);
}

TEST_F(Async, WhatAHandlerThrowsComesOutOfTheLoopAndNothingElseIsLost) {
  int told = 0;
  const slot ticks = client.on("member='Tick'", [&](const message&) {
    if (++told == 1) throw std::runtime_error("the first");
  });
  turn();
  for (std::uint32_t number = 1; number <= 3; ++number) bus.send(tick(number));
  EXPECT_THROW(turn(), std::runtime_error);
  turn();
  EXPECT_EQ(told, 3);
}

message owner_changed(std::string_view from, std::string_view to) {
  return message_builder::signal("/org/freedesktop/DBus", "org.freedesktop.DBus",
                                 "NameOwnerChanged")
      .sender("org.freedesktop.DBus")
      .string("a.Name")
      .string(from)
      .string(to)
      .build();
}
message tick_of(std::string_view sender, std::uint32_t number) {
  return message_builder::signal("/", "a.b", "Tick").sender(sender).uint32(number).build();
}

TEST_F(Async, AWellKnownSenderIsWhoOwnedTheNameThen) {
  bus.on_message = [&](const message& call) {
    if (!call.expects_reply()) return;
    if (call.member() == "GetNameOwner") {
      bus.send(message_builder::method_return(call).string(":1.1").build());
    } else {
      bus.send(message_builder::method_return(call).build());
    }
  };
  std::string told;
  const slot ticks = client.on("sender='a.Name',member='Tick'", [&](const message& what) {
    told += std::to_string(what.body().uint32());
  });
  turn();
  bus.send(tick_of(":1.1", 1));
  bus.send(tick_of(":1.2", 2));
  bus.send(owner_changed(":1.1", ":1.2"));
  bus.send(tick_of(":1.1", 3));
  bus.send(tick_of(":1.2", 4));
  bus.send(owner_changed(":1.2", ""));
  bus.send(tick_of(":1.2", 5));
  turn();
  EXPECT_EQ(told, "14");
}

TEST_F(Async, ANameIsWatchedFromItsOwnerOfNow) {
  bus.on_message = [&](const message& call) {
    if (call.member() == "GetNameOwner") {
      bus.send(message_builder::error_reply(call, error_name::name_has_no_owner, "").build());
    } else if (call.expects_reply()) {
      bus.send(message_builder::method_return(call).build());
    }
  };
  std::string owners;
  const slot watch = client.on_owner(
      "a.Name", [&](std::string_view owner) { owners += "<" + std::string(owner) + ">"; });
  turn();
  bus.send(owner_changed("", ":1.5"));
  bus.send(owner_changed(":1.5", ""));
  turn();
  EXPECT_EQ(owners, "<><:1.5><>");
}

task<std::string> take(message_stream& stream, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    auto next = co_await stream.next();
    text += next ? std::to_string(next->body().uint32())
                 : "(" + std::to_string(next.error().missed) + ")";
  }
  co_return text;
}

TEST_F(Async, AStreamReportsWhatItsReaderMissed) {
  message_stream ticks = client.stream("member='Tick'", 3);
  for (std::uint32_t i = 1; i <= 5; ++i) bus.send(tick(i));
  turn();
  EXPECT_EQ(loop.run(take(ticks, 4)), "123(2)");
  for (std::uint32_t i = 6; i <= 9; ++i) bus.send(tick(i));
  turn();
  EXPECT_EQ(loop.run(take(ticks, 1)), "6");
  bus.send(tick(10));
  turn();
  EXPECT_EQ(loop.run(take(ticks, 4)), "78(1)10");
  task<std::string> cancelled = take(ticks, 1);
  cancelled.start();
  cancelled = take(ticks, 1);
  bus.send(tick(11));
  EXPECT_EQ(loop.run(std::move(cancelled)), "11");
}

TEST_F(Async, AStreamEndsWithTheConnection) {
  message_stream ticks = client.stream("member='Tick'");
  bus.send(tick(1));
  bus.hang_up();
  EXPECT_EQ(loop.run(take(ticks, 1)), "1");
  EXPECT_THROW(loop.run(take(ticks, 1)), error);
}

TEST_F(Async, ARefusedRuleEndsItsStream) {
  bus.on_message = [&](const message& call) {
    bus.send(message_builder::error_reply(call, error_name::limits_exceeded, "").build());
  };
  message_stream ticks = client.stream("member='Tick'");
  EXPECT_THROW(loop.run(take(ticks, 1)), error);
}

TEST_F(Async, ASubscriberMayLeaveAndJoinWhenItIsTold) {
  std::string told;
  slot first;
  slot second;
  slot third;
  first = client.on("member='Tick'", [&](const message&) {
    told += "1";
    first.reset();
    second.reset();
    third = client.on("member='Tick'", [&](const message&) { told += "3"; });
  });
  second = client.on("member='Tick'", [&](const message&) { told += "2"; });
  bus.send(tick(1));
  turn();
  EXPECT_EQ(told, "1");
  bus.send(tick(2));
  turn();
  EXPECT_EQ(told, "13");
}

TEST_F(Async, WhoCallsUsIsAnswered) {
  std::vector<message> replies;
  bus.on_message = [&](const message& what) { replies.push_back(what); };
  bus.send(message_builder::method_call("", "/", "org.freedesktop.DBus.Peer", "Ping").build());
  bus.send(message_builder::method_call("", "/", "a.b", "What").build());
  bus.send(message_builder::method_call("", "/", "a.b", "What").flags(no_reply_expected).build());
  turn();
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].type(), message_type::method_return);
  EXPECT_EQ(replies[1].error_name(), error_name::unknown_object);
}

TEST(EventLoop, TasksSleepSpawnAndFail) {
  event_loop loop;
  std::string order;
  auto nap = [](event_loop& on, std::chrono::milliseconds length, std::string& text,
                char name) -> task<> {
    co_await on.sleep(length);
    text += name;
  };
  loop.spawn(nap(loop, 20ms, order, 'b'));
  loop.run(nap(loop, 1ms, order, 'a'));
  loop.run(nap(loop, 60ms, order, 'c'));
  EXPECT_EQ(order, "abc");
  auto fail = []() -> task<> {
    throw std::runtime_error("spawned");
    co_return;
  };
  EXPECT_THROW(loop.spawn(fail()), std::runtime_error);
  loop.spawn(nap(loop, 1h, order, 'd'));  // goes with the loop
}

TEST(EventLoop, AConnectionEndsWithItsLoop) {
  TestWorld world;
  auto ends = *io::socket_pair();
  Peer peer(std::move(ends.first));
  world.meanwhile = [&] { peer.work(); };
  auto core = *open_socket(std::move(ends.second), {}, world);
  {
    event_loop loop;
    core->attach(&loop);
  }
  EXPECT_EQ(core->phase(), Core::Phase::closed);
}

/// What g++ 12 compiles correctly, and we rely on: an awaited call as the whole initializer, with
/// named arguments and with values; in loops, after throws, nested.
struct Named {
  std::string text;
  int number = 0;
};
task<Named> give(Named value) { co_return value; }
task<Named> twice(Named value) {
  auto first = co_await give(value);
  auto second = co_await give(std::move(first));
  try {
    auto failing = [](const std::string& text) -> task<> {
      throw std::runtime_error(text);
      co_return;
    };
    co_await failing("thrown away");
  } catch (const std::runtime_error&) {
    ++second.number;
  }
  for (int i = 0; i < 3; ++i) {
    auto again = co_await give(second);
    if (again.number == 0) co_return again;
    second = again;
  }
  co_return second;
}

TEST(Task, TheFormsWeUseAreCompiledCorrectly) {
  event_loop loop;
  const Named named{std::string(100, 'x'), 5};
  const Named back = loop.run(twice(named));
  EXPECT_EQ(back.text, named.text);
  EXPECT_EQ(back.number, 6);
}

}  // namespace
}  // namespace headway::client
