// SPDX-License-Identifier: MIT
#include "headway/testing/fake.h"

#include <gtest/gtest.h>

#include "headway/headway.h"
#include "headway/testing.h"
#include "testing/error_testing.h"

namespace headway::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* xml = R"xml(<node>
  <interface name="org.example.Login1">
    <method name="Count"><arg type="s" direction="in"/><arg type="u" direction="out"/></method>
    <method name="List">
      <arg type="a(uso)" direction="out"/><arg type="(dv)" direction="out"/>
    </method>
    <method name="Inhibit"><arg type="h" direction="out"/></method>
    <property name="Idle" type="b" access="read"/>
    <property name="Note" type="s" access="readwrite"/>
    <signal name="Left"><arg type="u"/></signal>
  </interface>
</node>)xml";

/// What a client has of the same interface.
template <class Role>
struct Login1 {
  static constexpr std::string_view name = "org.example.Login1";
  method<Role, std::uint32_t(std::string)> count;
  property<Role, bool> idle;
  property<Role, std::string, access::read_write> note;
  signal<Role, std::uint32_t> left;
};

constexpr const char* interface_name = "org.example.Login1";

struct Fake : ::testing::Test {
  Fake() { login.add("/login", xml); }
  message call(std::string_view member) {
    return client
        .call(message_builder::method_call("org.example.Login", "/login", interface_name, member)
                  .build())
        .wait();
  }

  bus b;
  fake login{b, "org.example.Login"};
  connection client = b.connect();
  proxy<Login1> proxy_ = client.proxy<Login1>("org.example.Login", "/login");
};

TEST_F(Fake, AnswersWithZerosUntilItIsToldBetter) {
  EXPECT_EQ(proxy_->count("x").wait(), 0u);
  EXPECT_EQ(describe(call("List")).substr(describe(call("List")).find('(')), "([], (0, <\"\">))");
  login.on(interface_name, "Count", [](const message& what, message_builder& answer) {
    answer.uint32(static_cast<std::uint32_t>(what.body().string().size()));
  });
  EXPECT_EQ(proxy_->count("four").wait(), 4u);
  EXPECT_EQ(login.calls("Count").size(), 2u);
  EXPECT_EQ(login.calls("Count")[1].body().string(), "four");
}

TEST_F(Fake, HandlersMayRefuse) {
  login.on(interface_name, "Count", [](const message&, message_builder&) {
    throw error("org.example.Error.Busy", "later");
  });
  EXPECT_EQ(error_of([&] { proxy_->count("x").wait(); }), "org.example.Error.Busy");
}

TEST_F(Fake, TakesOnlyWhatTheXmlDescribes) {
  EXPECT_EQ(error_of([&] { call("Count"); }), error_name::invalid_args);
  EXPECT_EQ(error_of([&] { call("Shout"); }), error_name::unknown_method);
  EXPECT_EQ(error_of([&] { call("Inhibit"); }), error_name::not_supported);
  EXPECT_EQ(
      error_of([&] { client.proxy<Login1>("org.example.Login", "/other")->count("x").wait(); }),
      error_name::unknown_object);
  EXPECT_EQ(login.calls().size(), 4u);
}

TEST_F(Fake, GivesOnlyWhatTheXmlDescribes) {
  login.on(interface_name, "Count",
           [](const message&, message_builder& answer) { answer.string("three"); });
  EXPECT_EQ(error_of([&] { proxy_->count("x").wait(); }), error_name::failed);
  EXPECT_THROW(login.on(interface_name, "Shout", {}), std::invalid_argument);
  EXPECT_THROW(login.set("/login", interface_name, "Idle", 1), std::invalid_argument);
  EXPECT_THROW(login.emit("/login", interface_name, "Left"), std::invalid_argument);
  EXPECT_EQ(error_of([&] { login.add("/x", "<node"); }), error_name::invalid_args);
}

TEST_F(Fake, HasPropertiesThatChange) {
  std::vector<bool> seen;
  const slot watch = proxy_->idle.on_change([&](bool idle) { seen.push_back(idle); });
  b.settle();
  EXPECT_FALSE(proxy_->idle.get().wait());
  login.set("/login", interface_name, "Idle", true);
  EXPECT_TRUE(proxy_->idle.get().wait());
  b.settle();
  EXPECT_EQ(seen, std::vector<bool>{true});

  proxy_->note.set("milk").wait();
  EXPECT_EQ(proxy_->note.get().wait(), "milk");
  const message all =
      client
          .call(message_builder::method_call("org.example.Login", "/login",
                                             "org.freedesktop.DBus.Properties", "GetAll")
                    .string(interface_name)
                    .build())
          .wait();
  EXPECT_NE(describe(all).find("({\"Idle\": <true>, \"Note\": <\"milk\">})"), std::string::npos)
      << describe(all);
}

TEST_F(Fake, Signals) {
  std::uint32_t heard = 0;
  const slot watch = proxy_->left.on([&](std::uint32_t who) { heard = who; });
  b.settle();
  login.emit("/login", interface_name, "Left", [](message_builder& of) { of.uint32(7); });
  b.settle();
  EXPECT_EQ(heard, 7u);
}

TEST_F(Fake, SaysWhatItIs) {
  const auto root = introspection::of(client, "org.example.Login", "/").wait();
  ASSERT_EQ(root.children.size(), 1u);
  EXPECT_EQ(root.children[0].name, "login");
  const auto object = introspection::of(client, "org.example.Login", "/login").wait();
  EXPECT_EQ(object.interfaces, introspection::parse(xml)->interfaces);
}

TEST_F(Fake, IsMadeOfAServiceThatIsThere) {
  const connection real = b.connect();
  const auto object = real.serve<Login1>("/login");
  object->count = [](const std::string&) { return 1u; };
  const auto said = introspection::of(client, real.unique_name(), "/login").wait();
  fake copy(b, "org.example.Copy");
  copy.add("/copy", introspection::to_xml(said));
  EXPECT_EQ(client.proxy<Login1>("org.example.Copy", "/copy")->count("x").wait(), 0u);
}

}  // namespace
}  // namespace headway::testing
