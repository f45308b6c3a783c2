// SPDX-License-Identifier: MIT
// Coroutines and subscriptions, as a program uses them, against a real bus.
#include <gtest/gtest.h>

#include <chrono>

#include "bus_testing.h"
#include "headway/connection.h"

namespace {

using namespace std::chrono_literals;
using headway::connection;
using headway::event_loop;
using headway::message;
using headway::message_builder;
using headway::task;

connection open(event_loop& loop) {
  connection bus = connection::open(entry("unix:"));
  bus.attach(loop);
  return bus;
}

task<std::string> owner_of(const connection& bus, const std::string& name) {
  auto owner = co_await bus.name_owner(name).within(10s).as_result();
  co_return owner ? *owner : owner.error().name();
}

TEST(AsyncOnABus, CallsAreAwaited) {
  event_loop loop;
  const connection bus = open(loop);
  EXPECT_EQ(loop.run(owner_of(bus, bus.unique_name())), bus.unique_name());
  EXPECT_EQ(loop.run(owner_of(bus, "org.example.Nobody")), headway::error_name::name_has_no_owner);
}

task<int> count_ticks(const connection& bus, const std::string& sender, int ticks) {
  auto stream = bus.stream("type='signal',member='Tick',sender='" + sender + "'", 1000);
  co_await bus.name_owner(sender);  // the rule is at the bus now
  const connection other = connection::open(entry("unix:"));
  other.request_name(sender, headway::replace_existing).wait();
  for (int i = 0; i < ticks; ++i) {
    other.send(message_builder::signal("/", "org.example.I", "Tick").int32(i).build());
  }
  other.flush();
  for (int i = 0; i < ticks; ++i) {
    auto next = co_await stream.next();
    if (!next || next->body().int32() != i) co_return i;
  }
  co_return ticks;
}

TEST(AsyncOnABus, SignalsOfAWellKnownNameAreStreamedInOrder) {
  event_loop loop;
  const connection bus = open(loop);
  const connection owner = connection::open(entry("unix:"));
  owner.request_name("org.example.Ticker", headway::allow_replacement).wait();
  EXPECT_EQ(loop.run(count_ticks(bus, "org.example.Ticker", 500)), 500);
}

TEST(AsyncOnABus, NamesAreWatched) {
  event_loop loop;
  const connection bus = open(loop);
  std::string owners;
  const headway::slot watch = bus.on_owner("org.example.Watched", [&](std::string_view owner) {
    owners += owner.empty() ? "-" : "+";
    if (owners == "-+-") loop.stop();
  });
  loop.run(owner_of(bus, "org.example.Watched"));
  const connection owner = connection::open(entry("unix:"));
  owner.request_name("org.example.Watched").wait();
  owner.close();
  loop.run();
  EXPECT_EQ(owners, "-+-");
}

TEST(AsyncOnABus, TwoConnectionsOfOneLoopTalk) {
  event_loop loop;
  const connection service = open(loop);
  const connection client = open(loop);
  auto ping = [](const connection& from, std::string to) -> task<> {
    const message what =
        message_builder::method_call(to, "/", "org.freedesktop.DBus.Peer", "Ping").build();
    for (int i = 0; i < 1000; ++i) co_await from.call(what);
  };
  loop.spawn(ping(service, client.unique_name()));
  loop.run(ping(client, service.unique_name()));
}

}  // namespace
