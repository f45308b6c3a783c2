// SPDX-License-Identifier: MIT
// Typed interfaces, both sides, against a real bus.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <system_error>

#include "pair_testing.h"

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using headway::connection;
using headway::message;
using headway::message_builder;
using headway::task;
namespace error_name = headway::error_name;

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  bool operator==(const Point&) const = default;
};
struct Division {
  std::int32_t quotient = 0;
  std::int32_t remainder = 0;
};
struct Alarm {
  double value = 0;
  std::string sensor;
};
using Refused = headway::named_error<"org.example.Error.Refused">;
template <class Role>
struct Everything1 {
  static constexpr std::string_view name = "org.example.Everything1";
  using errors = headway::throws<Refused>;
  headway::method<Role, void()> nothing;
  headway::method<Role, Point(Point)> mirror;
  headway::method<Role, headway::several<Division>(std::int32_t, std::int32_t)> divide;
  headway::method<Role, std::string(std::vector<std::string>)> join;
  headway::method<Role, headway::unique_fd(headway::unique_fd)> pass;
  headway::method<Role, std::string(std::string), "GetXMLDump"> dump;
  headway::method<Role, void()> not_offered;
  headway::property<Role, std::string> title;
  headway::property<Role, std::uint32_t, headway::access::read_write> level;
  headway::signal<Role, Alarm> alarm;
  headway::signal<Role, std::string> said;
  headway::signal<Role, void> rang;
};
class Typed : public PairTest {
 protected:
  Typed() {
    object->mirror = [](Point point) { return Point{-point.x, -point.y}; };
    object->nothing = [] {};
    object->divide = [](std::int32_t a, std::int32_t b) {
      if (b == 0) throw Refused("division by zero");
      return Division{a / b, a % b};
    };
    object->join = [](const std::vector<std::string>& words) {
      std::string all;
      for (const std::string& word : words) all += word;
      return all;
    };
    object->title = "first";
    object->level = 3;
    object->level.before_set([](std::uint32_t wanted) {
      if (wanted > 9) throw Refused("above 9");
    });
    settle();  // what was set above is told before a test listens
  }

  headway::call<message> raw(std::string_view path, std::string_view interface,
                             std::string_view member) const {
    return client.call(
        message_builder::method_call(service.unique_name(), path, interface, member).build());
  }
  /// Everything that was sent before has arrived and was handled.
  void settle() { get(proxy->nothing()); }

  headway::served<Everything1> object = service.serve<Everything1>("/org/example/o");
  headway::proxy<Everything1> proxy =
      client.proxy<Everything1>(service.unique_name(), "/org/example/o");
};

TEST_F(Typed, MethodsTakeAndReturnWhatTheySay) {
  EXPECT_EQ(get(proxy->mirror(Point{1, 2})), (Point{-1, -2}));
  EXPECT_EQ(get(proxy->mirror(3, 4)), (Point{-3, -4}));
  const Division division = get(proxy->divide(17, 5));
  EXPECT_EQ(division.quotient, 3);
  EXPECT_EQ(division.remainder, 2);
  EXPECT_EQ(get(proxy->join({"a", "b", "c"})), "abc");
  get(proxy->nothing());
}

TEST_F(Typed, AMethodMayHaveAnotherName) {
  object->dump = [](const std::string& what) { return what + "!"; };
  EXPECT_EQ(get(proxy->dump("x")), "x!");
  const message what = message_builder::method_call(service.unique_name(), "/org/example/o",
                                                    "org.example.Everything1", "GetXMLDump")
                           .string("y")
                           .build();
  EXPECT_EQ(get(client.call(what)).body().string(), "y!");
}

TEST_F(Typed, DescriptorsPassBothWays) {
  object->pass = [](headway::unique_fd fd) { return fd; };
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const headway::unique_fd out(ends[0]);
  const headway::unique_fd back = get(proxy->pass(headway::unique_fd(ends[1])));
  EXPECT_EQ(::write(back.get(), "x", 1), 1);
}

TEST_F(Typed, WhatAHandlerThrowsIsTheCallersError) {
  EXPECT_EQ(error_of(proxy->divide(1, 0)), "org.example.Error.Refused");
  object->nothing = []() -> task<void> {
    throw std::runtime_error("broken");
    co_return;
  };
  EXPECT_EQ(error_of(proxy->nothing()), error_name::failed);
}

TEST_F(Typed, ErrorsThatTheInterfaceKnowsHaveTheirTypes) {
  EXPECT_THROW(get(proxy->divide(1, 0)), Refused);
  EXPECT_THROW(get(proxy->level.set(10)), Refused);
  auto ask = [](headway::call<headway::result<Division>> call) -> task<bool> {
    auto answer = co_await std::move(call);
    co_return !answer && answer.error().template is<Refused>();
  };
  EXPECT_TRUE(loop.run(ask(proxy->divide(1, 0).as_result())));
  object->nothing = [] { throw std::system_error(ENOENT, std::generic_category(), "no sensor"); };
  EXPECT_EQ(error_of(proxy->nothing()), error_name::file_not_found);
}

TEST_F(Typed, AHandlerMayAskWhoCalls) {
  object->dump = [](const headway::caller& from, const std::string& what) {
    return what + std::string(from.sender()) + (from.is_interactive() ? "?" : ".");
  };
  EXPECT_EQ(get(proxy->dump("x")), "x" + client.unique_name() + ".");
  EXPECT_EQ(get(proxy->dump("x").interactive()), "x" + client.unique_name() + "?");
}

TEST_F(Typed, WhatACoroutineTakesByReferenceLivesUntilItIsDone) {
  object->dump = [&](const headway::caller& from, std::string_view what) -> task<std::string> {
    co_await loop.sleep(1ms);
    co_return std::string(what) + std::string(from.sender());
  };
  const std::string text(100, 't');
  EXPECT_EQ(get(proxy->dump(text)), text + client.unique_name());
  object->join = [&](const std::vector<std::string>& words) -> task<std::string> {
    co_await loop.sleep(1ms);
    co_return words.at(1);
  };
  EXPECT_EQ(get(proxy->join({"a", text})), text);
}

TEST_F(Typed, WhatIsNotThereIsSaid) {
  EXPECT_EQ(error_of(proxy->not_offered()), error_name::unknown_method);
  EXPECT_EQ(error_of(raw("/org/example/o", "org.example.Everything1", "Nonsense")),
            error_name::unknown_method);
  EXPECT_EQ(error_of(raw("/org/example/o", "org.example.Nonsense", "Nothing")),
            error_name::unknown_interface);
  EXPECT_EQ(error_of(raw("/nonsense", "org.example.Everything1", "Nothing")),
            error_name::unknown_object);
  EXPECT_EQ(error_of(raw("/org/example/o", "org.example.Everything1", "Mirror")),
            error_name::invalid_signature);
  EXPECT_EQ(error_of(raw("/org/example/o", "", "Nothing")), "no error");
}

TEST_F(Typed, HandlersMayBeCoroutinesThatAnswerLater) {
  object->join = [&](std::vector<std::string> words) -> task<std::string> {
    co_await loop.sleep(1ms);
    // The service asks somebody else meanwhile: here its own caller.
    auto owner = co_await service.name_owner(client.unique_name());
    co_return owner + words.at(0);
  };
  EXPECT_EQ(get(proxy->join({"x"})), client.unique_name() + "x");
}

TEST_F(Typed, AHandlerThatIsReplacedFinishesFirst) {
  object->join = [&, word = std::string(100, 'w')](std::vector<std::string>) -> task<std::string> {
    object->join = [](const std::vector<std::string>&) { return "second"; };
    co_await loop.sleep(1ms);
    co_return word;
  };
  EXPECT_EQ(get(proxy->join({})), std::string(100, 'w'));
  EXPECT_EQ(get(proxy->join({})), "second");
}

TEST_F(Typed, AnObjectMayGoWhileItsHandlerRuns) {
  std::optional<headway::served<Everything1>> other =
      service.serve<Everything1>("/org/example/other");
  (*other)->nothing = [&]() -> task<void> {
    other.reset();
    co_await loop.sleep(1ms);
  };
  const auto gone = client.proxy<Everything1>(service.unique_name(), "/org/example/other");
  EXPECT_EQ(error_of(gone->nothing()), "no error");
  EXPECT_EQ(error_of(gone->nothing()), error_name::unknown_object);
}

TEST_F(Typed, AConnectionMayGoWhileAHandlerRuns) {
  {
    connection brief = connection::open(entry("unix:"));
    brief.attach(loop);
    auto place = brief.serve<Everything1>("/o");
    place->nothing = [&]() -> task<void> { co_await loop.sleep(1h); };
    const auto asked = client.proxy<Everything1>(brief.unique_name(), "/o");
    EXPECT_EQ(error_of(asked->nothing().within(20ms)), error_name::no_reply);
  }
  settle();
}

TEST_F(Typed, PropertiesAreReadAndSet) {
  EXPECT_EQ(get(proxy->title.get()), "first");
  get(proxy->level.set(5));
  EXPECT_EQ(get(proxy->level.get()), 5u);
  EXPECT_EQ(object->level.value(), 5u);
  EXPECT_EQ(error_of(proxy->level.set(10)), "org.example.Error.Refused");
  EXPECT_EQ(object->level.value(), 5u);
  const auto set = [&](std::string_view name, bool as_text) {
    message_builder builder = message_builder::method_call(
        service.unique_name(), "/org/example/o", "org.freedesktop.DBus.Properties", "Set");
    builder.string("org.example.Everything1").string(name).open_variant(as_text ? "s"s : "u"s);
    as_text ? builder.string("x") : builder.uint32(1);
    return client.call(builder.close().build());
  };
  EXPECT_EQ(error_of(set("Title", true)), error_name::property_read_only);
  EXPECT_EQ(error_of(set("Level", true)), error_name::invalid_args);
  EXPECT_EQ(error_of(set("Nonsense", true)), error_name::unknown_property);
  EXPECT_EQ(error_of(set("Level", false)), "no error");
}

TEST_F(Typed, AllPropertiesAreToldOfOneInterfaceOrOfAll) {
  for (const std::string_view interface : {"org.example.Everything1", ""}) {
    const message what = message_builder::method_call(service.unique_name(), "/org/example/o",
                                                      "org.freedesktop.DBus.Properties", "GetAll")
                             .string(interface)
                             .build();
    const message all = get(client.call(what));
    const auto values =
        headway::detail::arguments<std::map<std::string, headway::variant>>::decode(all);
    EXPECT_EQ(values.size(), 2u);
    EXPECT_EQ(values.at("Title").get<std::string>(), "first");
    EXPECT_EQ(values.at("Level").get<std::uint32_t>(), 3u);
  }
}

TEST_F(Typed, ChangesAndSignalsComeBeforeTheReplyAndInOrder) {
  std::string order;
  const headway::slot slots[] = {
      proxy->level.on_change([&](std::uint32_t level) { order += "L" + std::to_string(level); }),
      proxy->alarm.on([&](const Alarm& alarm) { order += "A" + alarm.sensor; }),
      proxy->said.on([&](const std::string& text) { order += "S" + text; }),
      proxy->rang.on([&] { order += "R"; })};
  object->nothing = [&] {
    object->level = 6;
    object->level = 7;
    object->alarm(1.5, "a");
    object->said("b");
    object->rang();
    object->level = 8;
  };
  auto work = [](headway::call<void> call, std::string& text) -> task<void> {
    co_await std::move(call);
    text += "!";
  };
  loop.run(work(proxy->nothing(), order));
  EXPECT_EQ(order, "L7AaSbRL8!");
}

TEST_F(Typed, WhatDidNotChangeIsNotTold) {
  settle();  // what it was made with was told
  int told = 0;
  settle();  // what the service began with is told
  const headway::slot changes = proxy->level.on_change([&](std::uint32_t) { ++told; });
  settle();
  object->level = 3;
  object->title = "other";
  settle();
  EXPECT_EQ(told, 0);
  object->level = 4;
  settle();
  EXPECT_EQ(told, 1);
}

TEST_F(Typed, OneInterfaceIsOfferedOnceAtAPath) {
  EXPECT_THROW(std::ignore = service.serve<Everything1>("/org/example/o"), headway::error);
  EXPECT_THROW(std::ignore = service.serve<Everything1>("nonsense"s), headway::error);
  const auto elsewhere = service.serve<Everything1>("/org/example/o/below");
}

TEST_F(Typed, ObjectsDescribeThemselves) {
  const auto below = service.serve<Everything1>("/org/example/o/below");
  const auto text = [&](std::string_view path) {
    const message reply = get(raw(path, "org.freedesktop.DBus.Introspectable", "Introspect"));
    return std::string(reply.body().string());
  };
  const std::string xml = text("/org/example/o");
  for (const std::string_view part :
       {R"(<interface name="org.example.Everything1">)",
        "    <method name=\"Mirror\">\n      <arg type=\"(ii)\" direction=\"in\"/>\n"
        "      <arg type=\"(ii)\" direction=\"out\"/>\n    </method>\n",
        "      <arg name=\"quotient\" type=\"i\" direction=\"out\"/>\n",
        R"(<method name="GetXMLDump">)", R"(<property name="Title" type="s" access="read"/>)",
        R"(<property name="Level" type="u" access="readwrite"/>)",
        "    <signal name=\"Alarm\">\n      <arg name=\"value\" type=\"d\"/>\n"
        "      <arg name=\"sensor\" type=\"s\"/>\n    </signal>\n",
        R"(<interface name="org.freedesktop.DBus.Properties">)", R"(<node name="below"/>)"}) {
    EXPECT_NE(xml.find(part), std::string::npos) << part << "\n" << xml;
  }
  EXPECT_NE(text("/org").find(R"(<node name="example"/>)"), std::string::npos);
  EXPECT_EQ(error_of(raw("/com", "org.freedesktop.DBus.Introspectable", "Introspect")),
            error_name::unknown_object);
}

TEST_F(Typed, EveryPeerHasAMachineId) {
  const message id = get(raw("/", "org.freedesktop.DBus.Peer", "GetMachineId"));
  EXPECT_EQ(id.body().string().size(), 32u);
}

TEST_F(Typed, BlockingCallsAndThreadsMeet) {
  const message reply = raw("/org/example/o", "org.example.Everything1", "Nothing")
                            .within(20ms)
                            .as_result()
                            .wait()
                            .value_or(message());
  EXPECT_FALSE(reply);  // the service is in this thread, which sleeps
  EXPECT_EQ(get(proxy->mirror(1, 1)), (Point{-1, -1}));
}

}  // namespace
