// SPDX-License-Identifier: MIT
// Connections that outlive their bus: a headwayd that is ended and started again.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using namespace std::chrono_literals;
using headway::connection;
using headway::connection_options;
using headway::event_loop;
using headway::message;
using headway::message_builder;
using headway::task;
namespace error_name = headway::error_name;

template <class Role>
struct Lasting1 {
  static constexpr std::string_view name = "org.example.Lasting1";
  headway::method<Role, std::string(std::string)> echo;
  headway::signal<Role, std::string> said;
  headway::property<Role, std::uint32_t> count;
};

constexpr std::string_view service_name = "org.example.Lasting";
const connection_options lasting{
    .reconnect = headway::reconnect_policy{.first_pause = 2ms, .longest_pause = 20ms}};

class Reconnect : public testing::Test {
 protected:
  Reconnect() {
    if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("mkdtemp");
    address = "unix:path=" + directory + "/bus";
    bus.emplace(address);
  }
  ~Reconnect() override {
    bus.reset();
    ::unlink((directory + "/bus").c_str());
    ::rmdir(directory.c_str());
  }

  connection open(const connection_options& options = lasting) {
    return loop.run(connection::open_async(address, loop, options));
  }
  void run_until(const std::function<bool()>& is_so) {
    auto wait = [](event_loop& on, const std::function<bool()>& what) -> task<> {
      while (!what()) co_await on.sleep(1ms);
    };
    loop.run(wait(loop, is_so));
  }
  std::string echo(const connection& from, const std::string& text) {
    auto ask = [](const connection& by, std::string what) -> task<std::string> {
      const auto proxy = by.proxy<Lasting1>(service_name, "/o");
      auto answer = co_await proxy->echo(what).as_result();
      co_return answer ? *answer : answer.error().name();
    };
    return loop.run(ask(from, text));
  }

  std::string directory = "/tmp/headway-reconnect-XXXXXX";
  std::string address;
  event_loop loop;
  std::optional<TestBus> bus;
};

/// A service and its client.
class ServiceReconnects : public Reconnect {
 protected:
  ServiceReconnects() {
    object->echo = [this](const std::string& text) {
      ++calls;
      return text;
    };
    loop.run(claim(service));
  }
  static task<> claim(const connection& bus) {
    const std::string name(service_name);
    co_await bus.request_name(name, headway::do_not_queue);
  }
  /// Both have come back.
  void restart() {
    int back = 0;
    const headway::slot first = service.on_reconnect([&] { ++back; });
    const headway::slot second = client.on_reconnect([&] { ++back; });
    bus->stop();
    run_until([&] { return !service.is_open() && !client.is_open(); });
    bus.emplace(address);
    run_until([&] { return back == 2; });
    loop.run(ask_the_bus(service));  // which has come to its request for the name then
  }
  static task<> ask_the_bus(const connection& bus) {
    const std::string name = bus.unique_name();
    co_await bus.name_owner(name);
  }

  connection service = open();
  connection client = open();
  headway::served<Lasting1> object = service.serve<Lasting1>("/o");
  int calls = 0;
};

TEST_F(ServiceReconnects, NamesObjectsAndRulesAreThereAgain) {
  std::string heard;
  const auto proxy = client.proxy<Lasting1>(service_name, "/o");
  const headway::slot said = proxy->said.on([&](const std::string& text) { heard += text; });
  std::string owners;
  const headway::slot owner = client.on_owner(
      service_name, [&](std::string_view name) { owners += name.empty() ? "-" : "+"; });
  EXPECT_EQ(echo(client, "one"), "one");
  object->said("1");
  run_until([&] { return heard == "1"; });

  restart();
  run_until([&] { return owners.ends_with("-+"); });
  EXPECT_EQ(echo(client, "two"), "two");
  object->said("2");
  run_until([&] { return heard == "12"; });
  EXPECT_TRUE(owners.starts_with("+-"));

  restart();
  run_until([&] { return owners.ends_with("-+"); });
  EXPECT_EQ(echo(client, "three"), "three");
}

TEST_F(ServiceReconnects, CallsUnderWayFailAndAreNotSentAgain) {
  object->echo = [this](const std::string&) -> task<std::string> {
    ++calls;
    co_await loop.sleep(1h);
    co_return "too late";
  };
  const auto proxy = client.proxy<Lasting1>(service_name, "/o");
  std::string told;
  const headway::slot call = proxy->echo("x").then(
      [&](const headway::result<std::string>& reply) { told = reply.error().name(); });
  run_until([&] { return calls == 1; });
  restart();
  EXPECT_EQ(told, error_name::disconnected);
  auto nap = [](event_loop& on) -> task<> { co_await on.sleep(20ms); };
  loop.run(nap(loop));
  EXPECT_EQ(calls, 1);
}

TEST_F(ServiceReconnects, AnAnswerToACallOfAnotherLifeIsDropped) {
  bool is_over = false;
  bool may_answer = false;
  object->echo = [&](const std::string&) -> task<std::string> {
    ++calls;
    while (!may_answer) co_await loop.sleep(1ms);
    is_over = true;
    co_return "too late";
  };
  const auto proxy = client.proxy<Lasting1>(service_name, "/o");
  const headway::slot call = proxy->echo("x").then([](const headway::result<std::string>&) {});
  run_until([&] { return calls == 1; });
  restart();
  int strays = 0;
  const connection third = open();
  const headway::slot all = third.on("type='method_return'", [&](const message&) { ++strays; });
  may_answer = true;
  run_until([&] { return is_over; });
  object->echo = [](const std::string& text) { return text; };
  EXPECT_EQ(echo(client, "next"), "next");
  EXPECT_EQ(strays, 0);
}

TEST_F(ServiceReconnects, ANameThatWasReleasedIsNotAskedForAgain) {
  auto release = [](const connection& by) -> task<> {
    const std::string name(service_name);
    co_await by.release_name(name);
  };
  loop.run(release(service));
  restart();
  EXPECT_EQ(echo(client, "x"), error_name::service_unknown);
}

TEST_F(ServiceReconnects, AStreamSaysThatSomethingIsMissing) {
  const auto proxy = client.proxy<Lasting1>(service_name, "/o");
  auto said = proxy->said.stream();
  auto take = [](auto& from) -> task<std::string> {
    auto next = co_await from.next();
    co_return next ? *next : "gap";
  };
  EXPECT_EQ(echo(client, "x"), "x");
  object->said("1");
  EXPECT_EQ(loop.run(take(said)), "1");
  restart();
  EXPECT_EQ(loop.run(take(said)), "gap");
  EXPECT_EQ(echo(client, "x"), "x");
  object->said("2");
  EXPECT_EQ(loop.run(take(said)), "2");
}

TEST_F(ServiceReconnects, PropertiesThatWereKeptAreAskedForAgain) {
  auto proxy = client.proxy<Lasting1>(service_name, "/o");
  proxy.keep_properties();
  auto get = [](const headway::proxy<Lasting1>& from) -> task<std::uint32_t> {
    auto count = co_await from->count.get().as_result();
    co_return count.value_or(99);
  };
  object->count = 1;
  for (std::uint32_t life = 2; life < 5; ++life) {
    restart();
    EXPECT_EQ(proxy->count.last(), std::nullopt);
    EXPECT_EQ(loop.run(get(proxy)), life - 1);
    object->count = life;
    run_until([&] { return proxy->count.last() == life; });
    restart();
    // Lost while it is asked, or just answered.
    const headway::slot asked = proxy->count.get().then([](const auto&) {});
  }
  bus->stop();
  run_until([&] { return !client.is_open(); });
  EXPECT_EQ(proxy->count.last(), std::nullopt);
  EXPECT_EQ(loop.run(get(proxy)), 99u);
}

TEST_F(ServiceReconnects, ObjectsInViewGoAndCome) {
  const headway::slot managing = service.manage("/");
  object->count = 7;
  auto view = client.objects<Lasting1>(service_name, "/");
  std::string told;
  view.on_added([&](const std::string& path, const headway::proxy<Lasting1>& there) {
    told += "+" + path + "=" + std::to_string(there->count.last().value_or(0)) + " ";
  });
  view.on_removed([&](const std::string& path) { told += "-" + path + " "; });
  run_until([&] { return view.size() == 1; });
  EXPECT_EQ(told, "+/o=7 ");
  restart();
  run_until([&] { return view.size() == 1; });
  EXPECT_EQ(told, "+/o=7 -/o +/o=7 ");
}

TEST_F(Reconnect, WhatIsWantedMeanwhileIsAskedForThen) {
  const connection client = open();
  bool is_lost = false;
  bool is_back = false;
  const headway::slot lost = client.on_disconnect([&](const headway::error& why) {
    EXPECT_EQ(why.name(), error_name::disconnected);
    is_lost = true;
  });
  const headway::slot back = client.on_reconnect([&] { is_back = true; });
  bus->stop();
  run_until([&] { return is_lost; });
  int ticks = 0;
  const headway::slot tick =
      client.on("type='signal',member='Tick'", [&](const message&) { ++ticks; });
  EXPECT_EQ(echo(client, "x"), error_name::disconnected);
  auto nap = [](event_loop& on) -> task<> { co_await on.sleep(50ms); };
  loop.run(nap(loop));  // several attempts
  EXPECT_FALSE(is_back);
  bus.emplace(address);
  run_until([&] { return is_back; });
  EXPECT_EQ(echo(client, "x"), error_name::service_unknown);  // and so the rule is there
  const connection other = open();
  other.send(message_builder::signal("/", "org.example.I", "Tick").build());
  run_until([&] { return ticks == 1; });
}

TEST_F(Reconnect, WithoutBeingAskedForItDoesNotHappen) {
  const connection client = open({});
  int lost = 0;
  const headway::slot end = client.on_disconnect([&](const headway::error&) { ++lost; });
  const headway::slot back = client.on_reconnect([] { ADD_FAILURE(); });
  bus->stop();
  run_until([&] { return lost == 1; });
  bus.emplace(address);
  auto nap = [](event_loop& on) -> task<> { co_await on.sleep(30ms); };
  loop.run(nap(loop));
  EXPECT_FALSE(client.is_open());
}

TEST_F(Reconnect, ClosingIsForGoodAtAnyTime) {
  for (const bool is_lost_before : {false, true}) {
    bus.emplace(address);
    const connection client = open();
    auto ticks = client.stream("member='Tick'");
    int lost = 0;
    const headway::slot end = client.on_disconnect([&](const headway::error&) { ++lost; });
    if (is_lost_before) {
      bus->stop();
      run_until([&] { return lost == 1; });
    }
    client.close();
    bus.emplace(address);
    auto take = [](auto& from) -> task<> { auto next = co_await from.next(); };
    EXPECT_THROW(loop.run(take(ticks)), headway::error);
    EXPECT_FALSE(client.is_open());
  }
}

TEST_F(Reconnect, ItEndsWithTheConnectionAndWithTheLoop) {
  auto other = std::make_unique<event_loop>();
  const connection stays = other->run(connection::open_async(address, *other, lasting));
  {
    bool is_lost = false;
    const connection goes = open();
    const headway::slot end = goes.on_disconnect([&](const headway::error&) { is_lost = true; });
    bus->stop();
    run_until([&] { return is_lost; });
  }
  auto nap = [](event_loop& on) -> task<> { co_await on.sleep(10ms); };
  loop.run(nap(loop));
  other->run(nap(*other));
  other.reset();
  EXPECT_FALSE(stays.is_open());
}

}  // namespace
