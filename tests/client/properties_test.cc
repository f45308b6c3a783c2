// SPDX-License-Identifier: MIT
// The properties of other objects as a proxy keeps them, against a real bus.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
using headway::message;
using headway::message_builder;
using headway::task;
namespace error_name = headway::error_name;

template <class Role>
struct Gauge1 {
  static constexpr std::string_view name = "org.example.Gauge1";
  headway::method<Role, void(std::uint32_t)> raise;
  headway::property<Role, std::uint32_t, headway::access::read_write> level;
  headway::property<Role, std::string> unit;
  headway::property<Role, std::uint32_t> pressure;
  headway::property<Role, std::uint32_t> noise;

  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    bind(self.raise, {.name = "Raise"});
    bind(self.level, {.name = "Level"});
    bind(self.unit, {.name = "Unit", .annotations = headway::never_changes});
    bind(self.pressure, {.name = "Pressure", .annotations = headway::emits_invalidation});
    bind(self.noise, {.name = "Noise", .annotations = headway::emits_nothing});
  }
};
/// The same with another type.
template <class Role>
struct WordyGauge1 {
  static constexpr std::string_view name = "org.example.Gauge1";
  headway::property<Role, std::string> level;
};

constexpr std::string_view gauge_name = "org.example.Gauge";

class Properties : public testing::Test {
 protected:
  Properties() {
    service.attach(loop);
    client.attach(loop);
    offer(*object, 1);
    service.request_name(gauge_name, headway::allow_replacement).wait();
    watch.become_monitor(std::vector<std::string>{"interface='org.freedesktop.DBus.Properties'"})
        .wait();
    proxy.keep_properties();
  }

  static void offer(Gauge1<headway::role::service>& gauge, std::uint32_t level) {
    gauge.level = level;
    gauge.unit = "m";
    gauge.pressure = 10;
    gauge.noise = 100;
    gauge.raise = [&gauge](std::uint32_t to) {
      gauge.level = to;
      gauge.pressure = 10 * to;
      gauge.noise = 100 * to;
    };
  }

  template <class T>
  T run(headway::call<T> asked) {
    auto ask = [](headway::call<T> what) -> task<T> {
      if constexpr (std::is_void_v<T>) {
        co_await std::move(what);
      } else {
        auto value = co_await std::move(what);
        co_return value;
      }
    };
    return loop.run(ask(std::move(asked)));
  }

  /// What properties were asked for since the last time: "GetAll Get".
  std::string asked() {
    const std::string marker = "Marker" + std::to_string(++markers_);
    EXPECT_FALSE(
        run(client
                .call(message_builder::method_call(client.unique_name(), "/",
                                                   "org.freedesktop.DBus.Properties", "Get")
                          .string(marker)
                          .string(marker)
                          .build())
                .as_result())
            .has_value());
    std::string text;
    while (true) {
      const message next = watch.next_message().value();
      if (next.type() != headway::message_type::method_call) continue;
      auto values = next.body();
      if (values.string() == marker) return text;
      text += (text.empty() ? "" : " ") + std::string(next.member());
    }
  }
  /// What the service said before has arrived.
  void settle() { run(client.name_owner(service.unique_name())); }
  /// As if the service had a mistake, or another library.
  void say_changed(std::string_view name, std::uint32_t value) {
    service.send(
        message_builder::signal("/gauge", "org.freedesktop.DBus.Properties", "PropertiesChanged")
            .string("org.example.Gauge1")
            .open_array("{sv}")
            .open_dict_entry()
            .string(name)
            .open_variant("u")
            .uint32(value)
            .close()
            .close()
            .close()
            .open_array("s")
            .close()
            .build());
  }

  headway::event_loop loop;
  connection service = connection::open(entry("unix:"));
  connection client = connection::open(entry("unix:"));
  connection watch = connection::open(entry("unix:"));
  headway::served<Gauge1> object = service.serve<Gauge1>("/gauge");
  headway::proxy<Gauge1> proxy = client.proxy<Gauge1>(gauge_name, "/gauge");

 private:
  int markers_ = 0;
};

TEST_F(Properties, AreAskedForOnceAndThenFollowed) {
  EXPECT_EQ(proxy->level.last(), std::nullopt);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(run(proxy->level.get()), 1u);
  EXPECT_EQ(run(proxy->unit.get()), "m");
  EXPECT_EQ(proxy->level.last(), 1u);
  EXPECT_EQ(proxy->unit.last(), "m");
  EXPECT_EQ(asked(), "GetAll");
  object->level = 2;
  EXPECT_EQ(proxy->level.last(), 1u);
  settle();
  EXPECT_EQ(proxy->level.last(), 2u);
  EXPECT_EQ(run(proxy->level.get()), 2u);
  EXPECT_EQ(asked(), "");
}

TEST_F(Properties, AProxyThatKeepsNothingAsksEachTime) {
  const auto plain = client.proxy<Gauge1>(gauge_name, "/gauge");
  run(plain->level.get());
  run(plain->level.get());
  EXPECT_EQ(plain->level.last(), std::nullopt);
  EXPECT_EQ(asked(), "Get Get");
}

TEST_F(Properties, ManyQuestionsAtOnceAreOne) {
  auto both = [&]() -> task<std::uint32_t> {
    auto one = proxy->level.get();
    auto other = proxy->pressure.get();
    auto first = co_await std::move(one);
    auto second = co_await std::move(other);
    co_return first + second;
  };
  std::uint32_t sum = 0;
  const auto waiting =
      proxy->level.get().then([&](headway::result<std::uint32_t> level) { sum += level.value(); });
  const auto dropped = std::make_unique<headway::slot>(
      proxy->level.get().then([&](headway::result<std::uint32_t>) { sum += 1000; }));
  task<std::uint32_t> work = both();
  dropped->reset();
  EXPECT_EQ(loop.run(std::move(work)), 11u);
  EXPECT_EQ(sum, 1u);
  EXPECT_EQ(asked(), "GetAll");
}

TEST_F(Properties, ChangesThatPrecedeAReplyAreKnownWhenItReturns) {
  run(proxy->level.get());
  auto raise = [&](std::uint32_t to) -> task<std::uint32_t> {
    co_await proxy->raise(to);
    co_return proxy->level.last().value();
  };
  for (std::uint32_t i = 2; i < 50; ++i) EXPECT_EQ(loop.run(raise(i)), i);
}

/// The blocking face sorts nothing out but its own reply, and yet.
TEST_F(Properties, ABlockingCallSeesThemToo) {
  run(proxy->level.get());
  const auto blocking = connection::open(entry("unix:"));
  auto other = blocking.proxy<Gauge1>(gauge_name, "/gauge");
  other.keep_properties();
  // The service runs in this thread: it answers while nobody waits yet.
  const auto get_all = other->level.get().then([](headway::result<std::uint32_t>) {});
  blocking.flush();
  settle();
  settle();
  blocking.name_owner(gauge_name).wait();
  EXPECT_EQ(other->level.last(), 1u);
  EXPECT_EQ(other->level.get().wait(), 1u);
  run(proxy->raise(7));
  blocking.name_owner(gauge_name).wait();
  EXPECT_EQ(other->level.last(), 7u);
  EXPECT_EQ(other->level.get().wait(), 7u);
}

TEST_F(Properties, WhatIsInvalidatedIsAskedForWhenItIsWanted) {
  run(proxy->pressure.get());
  run(proxy->raise(3));
  EXPECT_EQ(proxy->pressure.last(), std::nullopt);
  EXPECT_EQ(asked(), "GetAll");
  EXPECT_EQ(run(proxy->pressure.get()), 30u);
  EXPECT_EQ(run(proxy->pressure.get()), 30u);
  EXPECT_EQ(proxy->pressure.last(), 30u);
  EXPECT_EQ(asked(), "Get");
}

TEST_F(Properties, WhatEmitsNothingIsAskedForEachTime) {
  run(proxy->level.get());
  EXPECT_EQ(run(proxy->noise.get()), 100u);
  run(proxy->raise(2));
  EXPECT_EQ(proxy->noise.last(), std::nullopt);
  EXPECT_EQ(run(proxy->noise.get()), 200u);
  EXPECT_EQ(asked(), "GetAll Get Get");
}

TEST_F(Properties, WhatWasSetIsNotAnsweredFromBefore) {
  run(proxy->level.get());
  run(proxy->level.set(9));
  EXPECT_EQ(run(proxy->level.get()), 9u);
  EXPECT_EQ(proxy->level.last(), 9u);
}

TEST_F(Properties, AnotherOwnerMakesAllOfItUnknown) {
  EXPECT_EQ(run(proxy->level.get()), 1u);
  {
    const connection other = connection::open(entry("unix:"));
    other.attach(loop);
    auto gauge = other.serve<Gauge1>("/gauge");
    offer(*gauge, 50);
    run(other.name_owner(gauge_name));  // what it begins with is told
    EXPECT_EQ(run(other.request_name(gauge_name, headway::replace_existing)),
              headway::request_name_reply::primary_owner);
    settle();
    EXPECT_EQ(proxy->level.last(), std::nullopt);
    EXPECT_EQ(run(proxy->level.get()), 50u);
    object->level = 2;  // not the owner's any more
    settle();
    EXPECT_EQ(proxy->level.last(), 50u);
    gauge->level = 51;
    run(client.name_owner(other.unique_name()));
    EXPECT_EQ(proxy->level.last(), 51u);
  }
  while (proxy->level.last()) settle();
  EXPECT_EQ(run(proxy->level.get()), 2u);
  EXPECT_EQ(asked(), "GetAll GetAll GetAll");
}

TEST_F(Properties, WhatIsNotThereIsAnErrorAndNotAnEmptyCache) {
  auto nowhere = client.proxy<Gauge1>(gauge_name, "/nowhere");
  nowhere.keep_properties();
  for (int i = 0; i < 2; ++i) {
    const auto value = run(nowhere->level.get().as_result());
    ASSERT_FALSE(value);
    EXPECT_TRUE(value.error().is(error_name::unknown_object)) << value.error().what();
  }
  auto nobody = client.proxy<Gauge1>("org.example.Nobody", "/gauge");
  nobody.keep_properties();
  const auto value = run(nobody->level.get().as_result());
  ASSERT_FALSE(value);
  EXPECT_TRUE(value.error().is(error_name::service_unknown)) << value.error().what();
}

TEST_F(Properties, AValueOfAnotherTypeIsNone) {
  auto wordy = client.proxy<WordyGauge1>(gauge_name, "/gauge");
  wordy.keep_properties();
  const auto value = run(wordy->level.get().as_result());
  ASSERT_FALSE(value);
  EXPECT_TRUE(value.error().is(error_name::invalid_signature)) << value.error().what();
  EXPECT_EQ(wordy->level.last(), std::nullopt);
}

TEST_F(Properties, AQuestionMayBeDroppedWithItsProxy) {
  std::optional<headway::proxy<Gauge1>> brief(client.proxy<Gauge1>(gauge_name, "/gauge"));
  brief->keep_properties();
  bool is_answered = false;
  headway::slot waiting = (*brief)->level.get().then(
      [&](headway::result<std::uint32_t> level) { is_answered = level.has_value(); });
  brief.reset();
  while (!is_answered) loop.turn();
  waiting.reset();
  settle();
}

TEST_F(Properties, AConnectionThatEndsTellsThoseWhoWait) {
  std::string why;
  const auto waiting = proxy->level.get().then(
      [&](headway::result<std::uint32_t> level) { why = level.error().name(); });
  client.close();
  while (why.empty()) loop.turn();
  EXPECT_EQ(why, error_name::disconnected);
  EXPECT_THROW(std::ignore = proxy->level.get().wait(), headway::error);
}

TEST_F(Properties, AHandlerIsToldOfAnInvalidatedValueToo) {
  std::vector<std::uint32_t> told;
  const headway::slot changes =
      proxy->pressure.on_change([&](std::uint32_t pressure) { told.push_back(pressure); });
  settle();
  run(proxy->raise(4));
  while (told.empty()) loop.turn();
  EXPECT_EQ(told, std::vector<std::uint32_t>{40});
}

TEST_F(Properties, AStreamOfChangesGivesTheNewest) {
  auto changes = proxy->level.changes();
  settle();
  auto next = [&]() -> task<std::uint32_t> {
    auto level = co_await changes.next();
    co_return level;
  };
  for (std::uint32_t i = 2; i <= 5; ++i) run(proxy->raise(i));
  EXPECT_EQ(loop.run(next()), 5u);
  task<std::uint32_t> waiting = next();
  object->level = 6;
  EXPECT_EQ(loop.run(std::move(waiting)), 6u);
  client.close();
  EXPECT_THROW(loop.run(next()), headway::error);
}

TEST_F(Properties, AChangeThatTheConnectionDroppedIsAskedFor) {
  const connection narrow =
      connection::open(entry("unix:"), {.incoming_bytes_max = std::size_t{4} << 10});
  auto gauge = narrow.proxy<Gauge1>(gauge_name, "/gauge");
  gauge.keep_properties();
  auto changes = gauge->level.changes();
  narrow.name_owner(gauge_name).wait();  // the rule is at the bus
  for (std::uint32_t i = 2; i <= 100; ++i) say_changed("Level", i);
  service.flush();
  object->level = 100;
  settle();
  narrow.name_owner(gauge_name).wait();
  EXPECT_GT(narrow.dropped(), 0u);
  narrow.attach(loop);
  std::uint32_t level = 0;
  auto follow = [&]() -> task<void> {
    while (level != 100) level = co_await changes.next();
  };
  loop.run(follow());
  EXPECT_EQ(level, 100u);
}

}  // namespace
