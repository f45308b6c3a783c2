// SPDX-License-Identifier: MIT
// What objects say of themselves, asked over a real bus.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "headway/headway.h"
#include "pair_testing.h"

namespace {

using headway::task;
namespace introspection = headway::introspection;

struct Quotient {
  std::int32_t quotient = 0;
  std::int32_t remainder = 0;
};
struct Alarm {
  double value = 0;
  std::string sensor;
};
template <class Role>
struct Offered1 {
  static constexpr std::string_view name = "org.example.Offered1";
  headway::method<Role, headway::several<Quotient>(std::int32_t, std::int32_t)> divide;
  headway::property<Role, std::string> title;
  headway::property<Role, std::uint32_t, headway::access::read_write> level;
  headway::signal<Role, Alarm> alarm;
};

template <class Role>
struct Told1 {
  static constexpr std::string_view name = "org.example.Told1";
  static constexpr std::string_view annotations = headway::deprecated;
  headway::method<Role, std::string(std::string, std::int32_t)> delete_;
  headway::property<Role, std::map<std::string, headway::variant>> facts;
  headway::property<Role, std::string> big;
  headway::property<Role, std::string> still;
  headway::property<Role, std::string, headway::access::write> secret;
  headway::signal<Role, std::string> gone;

  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    bind(self.delete_, {.name = "Delete", .arguments = "what,times", .results = "was"});
    bind(self.facts, {.name = "Facts"});
    bind(self.big, {.name = "Big", .annotations = headway::emits_invalidation});
    bind(self.still, {.name = "Still", .annotations = headway::emits_nothing});
    bind(self.secret, {.name = "Secret"});
    bind(self.gone, {.name = "Gone", .arguments = "what", .annotations = "a.b=c=d\ne.f=g"});
  }
};

using IntrospectionOfObjects = PairTest;
using PropertiesOfObjects = PairTest;

std::vector<std::string> paths(const introspection::walk& done) {
  std::vector<std::string> result;
  for (const auto& each : done.found()) result.push_back(each.path);
  return result;
}

TEST_F(IntrospectionOfObjects, SaysWhatTheTypesSay) {
  auto object = service.serve<Offered1>("/org/example/one");

  const auto node = get(introspection::of(client, service.unique_name(), "/org/example/one"));

  ASSERT_EQ(node.interfaces.size(), 4u);
  const introspection::interface& offered = node.interfaces[0];
  EXPECT_EQ(offered.name, "org.example.Offered1");
  ASSERT_EQ(offered.methods.size(), 1u);
  ASSERT_EQ(offered.methods[0].out.size(), 2u);
  EXPECT_EQ(offered.methods[0].out[1].name, "remainder");
  EXPECT_EQ(offered.methods[0].in[1].type, "i");
  EXPECT_FALSE(offered.properties.at(0).can_be_set);
  EXPECT_TRUE(offered.properties.at(1).can_be_set);
  EXPECT_EQ(offered.signals.at(0).arguments.at(1).name, "sensor");
  EXPECT_EQ(node.interfaces[3].name, "org.freedesktop.DBus.Properties");
}

TEST_F(IntrospectionOfObjects, SaysWhatAnInterfaceTellsOfItsMembers) {
  auto object = service.serve<Told1>("/org/example/told");

  const auto node = get(introspection::of(client, service.unique_name(), "/org/example/told"));

  const introspection::interface& told = node.interfaces.at(0);
  EXPECT_TRUE(told.is_deprecated());
  EXPECT_EQ(told.methods.at(0).name, "Delete");
  EXPECT_EQ(told.methods.at(0).in.at(1).name, "times");
  EXPECT_EQ(told.methods.at(0).out.at(0).name, "was");
  EXPECT_TRUE(!told.properties.at(3).can_be_read && told.properties.at(3).can_be_set);
  EXPECT_EQ(told.signals.at(0).arguments.at(0).name, "what");
  EXPECT_EQ(introspection::find(told.signals.at(0).annotations, "a.b"), "c=d");
  EXPECT_EQ(introspection::find(told.signals.at(0).annotations, "e.f"), "g");
}

TEST_F(PropertiesOfObjects, ChangesAreToldAsTheirAnnotationsSay) {
  auto object = service.serve<Told1>("/org/example/told");
  object->delete_ = [&](const std::string& what, std::int32_t) {
    object->facts = {{"n", headway::variant(std::int32_t{1})}};
    object->big = what;
    object->still = what;
    return what;
  };
  auto proxy = client.proxy<Told1>(service.unique_name(), "/org/example/told");
  std::vector<std::string> changed;
  std::vector<std::string> invalidated;
  const auto slot = client.on("type='signal',member='PropertiesChanged',path='/org/example/told'",
                              [&](const headway::message& what) {
                                auto values = what.body();
                                values.skip();
                                for (values.enter(); !values.at_end(); values.leave()) {
                                  values.enter();
                                  changed.emplace_back(values.string());
                                }
                                values.leave();
                                for (values.enter(); !values.at_end();)
                                  invalidated.emplace_back(values.string());
                              });
  auto use = [&]() -> task<> {
    co_await proxy->delete_("a", 1);
    co_await proxy->delete_("a", 1);  // changes nothing
    co_await proxy->secret.set("s");
  };
  loop.run(use());

  EXPECT_THAT(changed, testing::ElementsAre("Facts"));
  EXPECT_THAT(invalidated, testing::ElementsAre("Big"));
  EXPECT_EQ(object->secret.value(), "s");
}

TEST_F(PropertiesOfObjects, WhatCanOnlyBeSetIsNotRead) {
  auto object = service.serve<Told1>("/org/example/told");
  const auto ask = [&](std::string_view method) {
    auto builder = headway::message_builder::method_call(service.unique_name(), "/org/example/told",
                                                         "org.freedesktop.DBus.Properties", method);
    builder.string("org.example.Told1");
    if (method == "Get") builder.string("Secret");
    return get(client.call(builder.build()).as_result());
  };

  EXPECT_TRUE(ask("Get").error().is(headway::error_name::invalid_args));
  auto values = ask("GetAll")->body();
  int count = 0;
  for (values.enter(); !values.at_end(); values.skip()) ++count;
  EXPECT_EQ(count, 3);
}

TEST_F(IntrospectionOfObjects, ATreeHasAllObjectsOfAService) {
  auto one = service.serve<Offered1>("/org/example/a/one");
  auto other = service.serve<Offered1>("/org/example/b");

  const auto tree = loop.run(introspection::tree(client, service.unique_name(), "/"));

  EXPECT_THAT(paths(tree), testing::ElementsAre("/", "/org", "/org/example", "/org/example/a",
                                                "/org/example/a/one", "/org/example/b"));
  EXPECT_EQ(tree.found()[4].what->interfaces[0].name, "org.example.Offered1");
}

TEST_F(IntrospectionOfObjects, TheBusAnswersAProgramThatSleeps) {
  client.detach();
  const auto tree = introspection::tree_blocking(client, "org.freedesktop.DBus", "/");
  const auto nobody = introspection::tree_blocking(client, "org.example.Nobody", "/");

  EXPECT_THAT(paths(tree), testing::Contains("/org/freedesktop/DBus"));
  ASSERT_EQ(nobody.found().size(), 1u);
  EXPECT_TRUE(nobody.found()[0].what.error().is(headway::error_name::service_unknown));
}

}  // namespace
