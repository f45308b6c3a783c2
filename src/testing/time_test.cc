// SPDX-License-Identifier: MIT
// Time on a test's bus, its policy, and services that are started.
#include <gtest/gtest.h>

#include "headway/headway.h"
#include "headway/testing.h"
#include "testing/error_testing.h"

namespace headway::testing {
namespace {

using namespace std::chrono_literals;

message call_to(std::string_view name) {
  return message_builder::method_call(name, "/", "org.example.I", "Do").build();
}

/// One that never answers.
connection deaf(bus& on) {
  connection made = on.connect();
  made.detach();
  return made;
}

TEST(VirtualTime, ABlockingCallTimesOutAtOnce) {
  bus b;
  const connection silent = deaf(b);
  const connection client = b.connect();
  const auto before = b.now();
  EXPECT_EQ(error_of([&] { client.call(call_to(silent.unique_name())).within(90s).wait(); }),
            error_name::no_reply);
  EXPECT_EQ(b.now() - before, 90s);
}

TEST(VirtualTime, ACallbackTimesOutWhenTheTestSaysSoAndNotBefore) {
  bus b;
  const connection silent = deaf(b);
  const connection client = b.connect();
  std::string told;
  const slot waiting = client.call(call_to(silent.unique_name())).then([&](result<message> reply) {
    told = reply.error().name();
  });
  b.advance(25s - 1ns);
  EXPECT_EQ(told, "");
  b.advance(1ns);
  EXPECT_EQ(told, error_name::no_reply);
}

TEST(VirtualTime, TimersOfTheLoopAreDueInTheirOrder) {
  bus b;
  std::string order;
  const auto wait = [&](std::chrono::seconds time, char letter) -> task<> {
    co_await b.loop().sleep(time);
    order += letter;
    co_await b.loop().sleep(time);
    order += letter;
  };
  b.loop().spawn(wait(3s, 'c'));
  b.loop().spawn(wait(2s, 'b'));
  b.advance(2s);
  EXPECT_EQ(order, "b");
  b.advance(2s);
  EXPECT_EQ(order, "bcb");
  b.run(wait(100s, 'z'));
  EXPECT_EQ(order, "bcbczz");
}

TEST(VirtualTime, AServiceMayTakeItsTime) {
  bus b;
  const connection service = b.connect();
  const connection client = b.connect();
  service.detach();
  const auto answer = [&]() -> task<> {
    co_await b.loop().sleep(10s);
    while (const auto call = service.next_message(0s)) {
      if (call->member() == "Do") service.send(message_builder::method_return(*call).build());
    }
  };
  b.loop().spawn(answer());
  const auto before = b.now();
  client.call(call_to(service.unique_name())).wait();
  EXPECT_EQ(b.now() - before, 10s);
}

TEST(VirtualTime, WhatCanNeverComeIsSaidInsteadOfWaitedFor) {
  bus b;
  const connection silent = deaf(b);
  const connection client = b.connect();
  EXPECT_THROW(client.call(call_to(silent.unique_name())).without_limit().wait(), stuck);
  const auto never = [&]() -> task<> {
    co_await client.call(call_to(silent.unique_name())).without_limit();
  };
  EXPECT_THROW(b.run(never()), stuck);
  // And the connection can be used on.
  EXPECT_EQ(client.name_owner(silent.unique_name()).wait(), silent.unique_name());
}

TEST(VirtualTime, WhatGoesRoundInCirclesIsSaidToo) {
  bus b;
  struct Restless final : loop::source {
    explicit Restless(bus& where) : on(where) { on.loop().post(*this); }
    ~Restless() { on.loop().forget(*this); }
    void ready() override { on.loop().post(*this); }
    void loop_ended() noexcept override {}
    bus& on;
  } restless(b);
  EXPECT_THROW(b.settle(), stuck);
}

TEST(Starting, AServiceIsStartedForTheCallThatWantsIt) {
  bus b;
  const connection client = b.connect();
  int starts = 0;
  std::optional<connection> service;
  b.on_start("org.example.Lazy", [&] {
    ++starts;
    service = b.connect();
    service->request_name("org.example.Lazy").wait();
  });
  const message ping =
      message_builder::method_call("org.example.Lazy", "/", "org.freedesktop.DBus.Peer", "Ping")
          .build();
  client.call(ping).wait();
  client.call(ping).wait();
  EXPECT_EQ(starts, 1);
}

TEST(Starting, AServiceThatNeverComesIsGivenUp) {
  bus b;
  const connection client = b.connect();
  b.on_start("org.example.Broken", [] {});
  const auto before = b.now();
  EXPECT_EQ(error_of([&] { client.call(call_to("org.example.Broken")).without_limit().wait(); }),
            "org.freedesktop.DBus.Error.TimedOut");
  EXPECT_EQ(b.now() - before, 25s);
  EXPECT_EQ(error_of([&] { client.call(call_to("org.example.Unknown")).wait(); }),
            error_name::service_unknown);
}

constexpr const char* policy = R"(<busconfig>
  <policy user="greeter"><allow own="org.example.Greeter"/></policy>
  <policy context="default">
    <allow send_destination="org.example.Greeter" send_interface="org.example.I"
           send_member="Hello"/>
  </policy>
  <policy group="staff"><allow send_destination="org.example.Greeter"/></policy>
</busconfig>)";

TEST(Policy, IsWhatTheConfigurationSaysForUsersAndGroups) {
  bus b({.base = rules::system_bus,
         .config = policy,
         .users = {{"greeter", 70}},
         .groups = {{"staff", 500}}});
  const connection greeter = b.connect({.uid = 70});
  const connection anybody = b.connect({.uid = 1001});
  const connection member = b.connect({.uid = 1002, .groups = {500}});
  EXPECT_EQ(error_of([&] { anybody.request_name("org.example.Greeter").wait(); }),
            error_name::access_denied);
  greeter.request_name("org.example.Greeter").wait();

  const auto call = [&](const connection& who, std::string_view what) {
    return error_of([&] {
      who.call(message_builder::method_call("org.example.Greeter", "/", "org.example.I", what)
                   .build())
          .wait();
    });
  };
  EXPECT_EQ(call(anybody, "Hello"), error_name::unknown_object);  // it arrived
  EXPECT_EQ(call(anybody, "Shout"), error_name::access_denied);
  EXPECT_EQ(call(member, "Shout"), error_name::unknown_object);
  ASSERT_FALSE(b.log().empty());
  EXPECT_NE(b.log().back().find("Shout"), std::string::npos);
}

TEST(Policy, AConfigurationThatIsWrongIsSaidWithItsPlace) {
  try {
    const bus b({.config = "<busconfig>\n<policy/></busconfig>"});
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string_view(e.what()).find(":2:"), std::string_view::npos) << e.what();
  }
}

TEST(Policy, LabelsAndUsersAreSeenByOthers) {
  bus b;
  const connection one = b.connect({.uid = 77, .label = "cafe"});
  const connection other = b.connect();
  const message what = message_builder::method_call("org.freedesktop.DBus", "/",
                                                    "org.freedesktop.DBus", "GetConnectionUnixUser")
                           .string(one.unique_name())
                           .build();
  EXPECT_EQ(other.call(what).wait().body().uint32(), 77u);
}

}  // namespace
}  // namespace headway::testing
