// SPDX-License-Identifier: MIT
// Mocks and descriptions: what an interface's definition gives without a service. No bus here.
#include "headway/mock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "headway/describe.h"
#include "headway/headway.h"

namespace {

using namespace std::chrono_literals;
using headway::task;
using testing::ElementsAre;
using testing::HasSubstr;

struct Target {
  double degrees = 0;
  std::string unit;
  bool operator==(const Target&) const = default;
};
struct Overheat {
  double value = 0;
  std::string sensor;
};
struct OutOfRange : headway::named_error<"org.example.Error.OutOfRange"> {
  using named_error::named_error;
};
template <class Role>
struct Thermostat1 {
  static constexpr std::string_view name = "org.example.Thermostat1";
  using errors = headway::throws<OutOfRange>;
  headway::method<Role, double(Target)> set_target;
  headway::method<Role, void(), "GetXMLDump"> dump;
  headway::property<Role, double> current;
  headway::property<Role, std::uint32_t, headway::access::read_write> level;
  headway::signal<Role, Overheat> overheated;
};
template <class Role>
struct Lamp1 {
  static constexpr std::string_view name = "org.example.Lamp1";
  static constexpr std::string_view annotations = "org.example.Kind=lamp";
  headway::method<Role, bool(std::uint8_t, std::string)> shine;
  headway::property<Role, bool, headway::access::write> is_on;

  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    bind(self.shine, {.name = "Shine", .arguments = "level,colour", .results = "shone"});
    bind(self.is_on, {.name = "On", .annotations = headway::deprecated});
  }
};

/// What is tested here: code that knows nothing of mocks.
task<std::string> heat(const headway::proxy<Thermostat1>& thermo) {
  std::string log;
  for (const double degrees : {21.0, 36.0, 22.0}) {
    try {
      const double was = co_await thermo->set_target(degrees, "C");
      log += std::to_string(static_cast<int>(was)) + ";";
    } catch (const OutOfRange& e) {
      log += e.text() + ";";
    }
  }
  co_return log;
}

class Mock : public testing::Test {
 protected:
  headway::event_loop loop;
  headway::mocked<Thermostat1> thermo{loop, "/org/example/Thermostat"};
};

TEST_F(Mock, AnswersByItsScriptAndThenByItsHandler) {
  thermo->set_target.returns(20.0).fails(OutOfRange("above 35"));
  thermo->set_target = [](const Target& target) { return target.degrees; };
  EXPECT_EQ(loop.run(heat(thermo.proxy())), "20;above 35;22;");
  using Call = std::tuple<Target>;
  EXPECT_THAT(thermo->set_target.calls(),
              ElementsAre(Call({21, "C"}), Call({36, "C"}), Call({22, "C"})));
  EXPECT_EQ(thermo->set_target.left(), 0u);
}

TEST_F(Mock, ACallMayHangOrBeUnknown) {
  thermo->dump.hangs();
  auto ask = [](headway::call<void> call) -> task<std::string> {
    auto answer = co_await std::move(call).as_result();
    co_return answer ? "ok" : answer.error().name();
  };
  const auto proxy = thermo.proxy();
  EXPECT_EQ(loop.run(ask(proxy->dump().within(10ms))), headway::error_name::no_reply);
  EXPECT_EQ(loop.run(ask(proxy->dump())), headway::error_name::unknown_method);
  thermo->dump.returns();
  EXPECT_EQ(loop.run(ask(proxy->dump())), "ok");
  EXPECT_EQ(thermo->dump.calls().size(), 3u);
  thermo->dump.forget_calls();
  EXPECT_TRUE(thermo->dump.calls().empty());
}

TEST_F(Mock, HasPropertiesAndEmitsSignals) {
  const auto proxy = thermo.proxy();
  std::string seen;
  const headway::slot slots[] = {
      proxy->current.on_change([&](double now) { seen += std::to_string(static_cast<int>(now)); }),
      proxy->overheated.on([&](const Overheat& what) { seen += what.sensor; })};
  thermo->current = 25.0;
  thermo->overheated(Overheat{90, "hall"});
  auto set = [](const headway::proxy<Thermostat1>& to) -> task<double> {
    co_await to->level.set(7);
    auto now = co_await to->current.get();
    co_return now;
  };
  EXPECT_EQ(loop.run(set(proxy)), 25.0);
  EXPECT_EQ(thermo->level.value(), 7u);
  EXPECT_EQ(seen, "25hall");
}

TEST(Describe, AnInterfaceIsDescribedWithoutAnObject) {
  const auto thermostat = headway::describe<Thermostat1>();
  EXPECT_EQ(thermostat.name, "org.example.Thermostat1");
  ASSERT_EQ(thermostat.methods.size(), 2u);
  EXPECT_EQ(thermostat.methods[0].name, "SetTarget");
  EXPECT_EQ(thermostat.methods[0].in.at(0).type, "(ds)");
  EXPECT_EQ(thermostat.methods[0].out.at(0).type, "d");
  EXPECT_EQ(thermostat.methods[1].name, "GetXMLDump");
  EXPECT_TRUE(thermostat.properties.at(1).can_be_set);
  EXPECT_EQ(thermostat.signals.at(0).arguments.at(1).name, "sensor");
  const auto lamp = headway::describe<Lamp1>();
  EXPECT_EQ(lamp.annotations.at(0).value, "lamp");
  EXPECT_EQ(lamp.methods.at(0).in.at(1).name, "colour");
  EXPECT_EQ(lamp.methods.at(0).out.at(0).name, "shone");
  EXPECT_FALSE(lamp.properties.at(0).can_be_read);
  EXPECT_TRUE(lamp.properties.at(0).is_deprecated());
}

TEST(Describe, ItsXmlIsThatOfAnObject) {
  headway::event_loop loop;
  const auto xml = headway::xml_of<Lamp1, Thermostat1>();
  EXPECT_THAT(xml, HasSubstr(R"(<interface name="org.example.Thermostat1">)"));
  const auto read = headway::introspection::parse(xml).value();
  ASSERT_EQ(read.interfaces.size(), 2u);
  EXPECT_EQ(read.interfaces[0], headway::describe<Lamp1>());
  auto ends = headway::connection::pair();
  ends.first.attach(loop);
  ends.second.attach(loop);
  const auto object = ends.first.serve<Lamp1>("/lamp");
  auto ask =
      [](headway::call<headway::introspection::node> call) -> task<headway::introspection::node> {
    auto node = co_await std::move(call);
    co_return node;
  };
  const auto node = loop.run(ask(headway::introspection::of(ends.second, "", "/lamp")));
  EXPECT_EQ(node.interfaces.at(0), read.interfaces[0]);
}

}  // namespace
