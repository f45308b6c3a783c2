// SPDX-License-Identifier: MIT
// What objects say of themselves, asked over a real bus.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
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

std::vector<std::string> paths(const introspection::walk& done) {
  std::vector<std::string> result;
  for (const auto& each : done.found()) result.push_back(each.path);
  return result;
}

TEST(IntrospectionOfObjects, SaysWhatTheTypesSay) {
  headway::event_loop loop;
  auto service = connection::open(address());
  auto client = connection::open(address());
  service.attach(loop);
  client.attach(loop);
  auto object = service.serve<Offered1>("/org/example/one");

  std::optional<introspection::node> node;
  auto ask = [&]() -> task<> {
    node = co_await introspection::of(client, service.unique_name(), "/org/example/one");
  };
  loop.run(ask());

  ASSERT_EQ(node->interfaces.size(), 4u);
  const introspection::interface& offered = node->interfaces[0];
  EXPECT_EQ(offered.name, "org.example.Offered1");
  ASSERT_EQ(offered.methods.size(), 1u);
  ASSERT_EQ(offered.methods[0].out.size(), 2u);
  EXPECT_EQ(offered.methods[0].out[1].name, "remainder");
  EXPECT_EQ(offered.methods[0].in[1].type, "i");
  EXPECT_FALSE(offered.properties.at(0).can_be_set);
  EXPECT_TRUE(offered.properties.at(1).can_be_set);
  EXPECT_EQ(offered.signals.at(0).arguments.at(1).name, "sensor");
  EXPECT_EQ(node->interfaces[3].name, "org.freedesktop.DBus.Properties");
}

TEST(IntrospectionOfObjects, ATreeHasAllObjectsOfAService) {
  headway::event_loop loop;
  auto service = connection::open(address());
  auto client = connection::open(address());
  service.attach(loop);
  client.attach(loop);
  auto one = service.serve<Offered1>("/org/example/a/one");
  auto other = service.serve<Offered1>("/org/example/b");

  std::optional<introspection::walk> tree;
  auto ask = [&]() -> task<> {
    tree = co_await introspection::tree(client, service.unique_name(), "/");
  };
  loop.run(ask());

  EXPECT_THAT(paths(*tree), testing::ElementsAre("/", "/org", "/org/example", "/org/example/a",
                                                 "/org/example/a/one", "/org/example/b"));
  EXPECT_EQ(tree->found()[4].what->interfaces[0].name, "org.example.Offered1");
}

TEST(IntrospectionOfObjects, TheBusAnswersAProgramThatSleeps) {
  const auto client = connection::open(address());

  const auto tree = introspection::tree_blocking(client, "org.freedesktop.DBus", "/");
  const auto nobody = introspection::tree_blocking(client, "org.example.Nobody", "/");

  EXPECT_THAT(paths(tree), testing::Contains("/org/freedesktop/DBus"));
  ASSERT_EQ(nobody.found().size(), 1u);
  EXPECT_TRUE(nobody.found()[0].what.error().is(headway::error_name::service_unknown));
}

}  // namespace
