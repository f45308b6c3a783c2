// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "headway/headway.h"
#include "headway/testing.h"
#include "testing/error_testing.h"

namespace headway::testing {
namespace {

using namespace std::chrono_literals;

template <class Role>
struct Counter1 {
  static constexpr std::string_view name = "org.example.Counter1";
  method<Role, int(int)> add;
  property<Role, int> total;
  signal<Role, int> passed;
};

/// A counter that `bus` serves at "/".
served<Counter1> counter(const connection& bus) {
  auto object = bus.serve<Counter1>("/");
  object->total = 0;
  object->add = [members = &*object](int by) {
    if (by < 0) throw error("org.example.Error.Negative", "it only counts up");
    members->total = members->total + by;
    members->passed(members->total);
    return members->total.value();
  };
  return object;
}

message ping(std::string_view to) {
  return message_builder::method_call(to, "/", "org.freedesktop.DBus.Peer", "Ping").build();
}

/// One that takes its messages itself.
connection detached(bus& on) {
  connection made = on.connect();
  on.settle();  // NameAcquired
  made.detach();
  return made;
}

struct InProcess : ::testing::Test {
  bus b;
  connection service = b.connect();
  connection client = b.connect();
};

TEST_F(InProcess, EveryConnectionHasItsNameAndTheirOrderIsThatOfConnecting) {
  EXPECT_EQ(service.unique_name(), ":1.0");
  EXPECT_EQ(client.unique_name(), ":1.1");
  EXPECT_TRUE(client.passes_fds());
}

TEST_F(InProcess, ABlockingCallReachesAServiceOfTheSameThread) {
  const auto object = counter(service);
  service.request_name("org.example.Counter").wait();
  const auto proxy = client.proxy<Counter1>("org.example.Counter", "/");
  EXPECT_EQ(proxy->add(3).wait(), 3);
  EXPECT_EQ(proxy->add(4).wait(), 7);
  EXPECT_EQ(proxy->total.get().wait(), 7);
  EXPECT_EQ(error_of([&] { proxy->add(-1).wait(); }), "org.example.Error.Negative");
}

TEST_F(InProcess, CoroutinesAndCallbacksAreServedByTheLoop) {
  const auto object = counter(service);
  const auto proxy = client.proxy<Counter1>(service.unique_name(), "/");
  auto twice = [&]() -> task<int> {
    co_await proxy->add(1);
    const int total = co_await proxy->add(1);
    co_return total;
  };
  EXPECT_EQ(b.run(twice()), 2);

  int heard = 0;
  int answered = 0;
  const slot signals = proxy->passed.on([&](int total) { heard = total; });
  const slot call = proxy->add(5).then([&](result<int> total) { answered = *total; });
  EXPECT_EQ(answered, 0);
  b.settle();
  EXPECT_EQ(answered, 7);
  EXPECT_EQ(heard, 7);
}

TEST_F(InProcess, AHandlerMayCallOthersAndBlock) {
  const auto inner = counter(service);
  const connection middle = b.connect();
  const auto outer = middle.serve<Counter1>("/");
  const auto next = middle.proxy<Counter1>(service.unique_name(), "/");
  outer->add = [&](int by) { return next->add(by).wait() + 100; };
  EXPECT_EQ(client.proxy<Counter1>(middle.unique_name(), "/")->add(1).wait(), 101);
}

TEST_F(InProcess, WhoWaitsRunsNoHandlersOfItsOwn) {
  const auto object = counter(service);
  const auto proxy = client.proxy<Counter1>(service.unique_name(), "/");
  bool heard = false;
  const slot signals = proxy->passed.on([&](int) { heard = true; });
  b.settle();
  proxy->add(1).wait();  // the signal comes before the reply
  EXPECT_FALSE(heard);
  b.settle();
  EXPECT_TRUE(heard);
}

TEST_F(InProcess, TwoThatBlockForEachOtherEndByTheirTimeouts) {
  const auto here = counter(client);
  const auto there = service.serve<Counter1>("/");
  const auto back = service.proxy<Counter1>(client.unique_name(), "/");
  std::string inner;
  there->add = [&](int by) {
    inner = error_of([&] { back->add(by).within(3s).wait(); });
    return 0;
  };
  const auto before = b.now();
  // A signal nobody reads meanwhile must not keep time from passing.
  service.send(message_builder::signal("/", "a.b", "C").destination(client.unique_name()).build());
  EXPECT_EQ(client.proxy<Counter1>(service.unique_name(), "/")->add(1).wait(), 0);
  EXPECT_EQ(inner, error_name::no_reply);
  EXPECT_EQ(b.now() - before, 3s);
}

TEST_F(InProcess, ADetachedConnectionTakesItsMessages) {
  b.settle();
  service.detach();
  const std::uint32_t serial = client.send(ping(service.unique_name()));
  const auto call = service.next_message();
  ASSERT_TRUE(call);
  EXPECT_EQ(call->serial(), serial);
  EXPECT_EQ(call->sender(), client.unique_name());
  EXPECT_FALSE(service.next_message(5s));
}

TEST_F(InProcess, DescriptorsTravel) {
  b.settle();
  service.detach();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const unique_fd out(ends[0]);
  client.send(message_builder::method_call(service.unique_name(), "/", "a.b", "Take")
                  .fd(unique_fd(ends[1]))
                  .build());
  const auto call = service.next_message();
  ASSERT_TRUE(call);
  ASSERT_EQ(call->fds().size(), 1u);
  EXPECT_EQ(::write(call->body().fd(), "x", 1), 1);
  char read = 0;
  EXPECT_EQ(::read(out.get(), &read, 1), 1);
  EXPECT_EQ(read, 'x');
}

TEST_F(InProcess, AConnectionThatEndsIsSeenByOthers) {
  std::vector<std::string> owners;
  const slot watch = client.on_owner("org.example.Counter",
                                     [&](std::string_view owner) { owners.emplace_back(owner); });
  service.request_name("org.example.Counter").wait();
  b.settle();
  b.disconnect(service);
  b.settle();
  EXPECT_EQ(owners, (std::vector<std::string>{":1.0", ""}));
  EXPECT_FALSE(service.is_open());
}

TEST_F(InProcess, ConnectionsOutliveTheirBusClosed) {
  auto other = std::make_unique<bus>();
  const connection left = detached(*other);
  left.attach(other->loop());
  other.reset();
  EXPECT_FALSE(left.is_open());
  EXPECT_EQ(error_of([&] { left.call(ping(":1.0")).wait(); }), error_name::disconnected);
  EXPECT_EQ(error_of([&] { left.next_message(1s); }), error_name::disconnected);
}

TEST_F(InProcess, TheSameTestMakesTheSameRun) {
  const auto run = [] {
    bus own;
    const connection a = own.connect();
    const connection c = own.connect();
    const connection d = detached(own);
    for (int i = 0; i < 50; ++i) {
      a.send(message_builder::signal("/", "a.b", "A").destination(d.unique_name()).build());
      c.send(message_builder::signal("/", "a.b", "C").destination(d.unique_name()).build());
    }
    std::string order;
    while (const auto next = d.next_message(0s)) order += next->member();
    return order;
  };
  const std::string once = run();
  EXPECT_EQ(once.size(), 100u);
  EXPECT_EQ(run(), once);
}

TEST_F(InProcess, AFullQueueIsRefusedAndDrains) {
  bus small({.config = "<busconfig><limit name=\"max_outgoing_bytes\">100000</limit></busconfig>"});
  const connection sender = small.connect();
  const connection receiver = detached(small);
  small.stop_reading(receiver);
  const std::string text(30000, 'x');
  const auto what =
      message_builder::method_call(receiver.unique_name(), "/", "a.b", "C").string(text).build();
  for (int i = 0; i < 4; ++i) sender.send(what);
  EXPECT_EQ(error_of([&] { sender.call(what).wait(); }), error_name::limits_exceeded);
  small.resume_reading(receiver);
  int got = 0;
  while (const auto next = receiver.next_message(0s)) got += next->member() == "C" ? 1 : 0;
  EXPECT_EQ(got, 4);
}

}  // namespace
}  // namespace headway::testing
