// SPDX-License-Identifier: MIT
// The untyped API, as a program uses it, against a real bus.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "asking_testing.h"
#include "bus_testing.h"
#include "headway/connection.h"

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using headway::connection;
using headway::message;
using headway::message_builder;

connection open() { return connection::open(entry("unix:")); }

message call_to(const connection& service, std::string_view member) {
  return message_builder::method_call(service.unique_name(), "/o", "org.example.I", member).build();
}

TEST(Untyped, TheBusGreetsAndAnswers) {
  const connection bus = open();
  EXPECT_TRUE(bus.unique_name().starts_with(":1."));
  EXPECT_EQ(bus.server_id().size(), 32u);
  EXPECT_TRUE(bus.passes_fds());
  const message id = bus.call(message_builder::method_call("org.freedesktop.DBus", "/",
                                                           "org.freedesktop.DBus", "GetId")
                                  .build())
                         .wait();
  EXPECT_EQ(id.body().string().size(), 32u);
  EXPECT_EQ(bus.name_owner("org.freedesktop.DBus").wait(), "org.freedesktop.DBus");
}

TEST(Untyped, ErrorsAreThrownOrReturned) {
  const connection bus = open();
  EXPECT_EQ(error_of([&] { bus.name_owner("org.example.Nobody").wait(); }),
            headway::error_name::name_has_no_owner);
  const auto owner = bus.name_owner("org.example.Nobody").as_result().wait();
  ASSERT_FALSE(owner);
  EXPECT_TRUE(owner.error().is(headway::error_name::name_has_no_owner));
  EXPECT_EQ(bus.add_match("nonsense"s).as_result().wait().error().name(),
            "org.freedesktop.DBus.Error.MatchRuleInvalid");
}

TEST(Untyped, NamesAreOwnedAndReleased) {
  const connection first = open();
  const connection second = open();
  using headway::request_name_reply;
  EXPECT_EQ(first.request_name("org.example.Name").wait(), request_name_reply::primary_owner);
  EXPECT_EQ(second.request_name("org.example.Name", headway::do_not_queue).wait(),
            request_name_reply::exists);
  EXPECT_EQ(second.name_owner("org.example.Name").wait(), first.unique_name());
  EXPECT_EQ(first.release_name("org.example.Name").wait(), headway::release_name_reply::released);
}

TEST(Untyped, ASignalReachesWhoAskedForIt) {
  const connection listener = open();
  const connection sender = open();
  listener.add_match("type='signal',interface='org.example.I'").wait();
  const std::uint32_t serial =
      sender.send(message_builder::signal("/o", "org.example.I", "Rang").string("x").build());
  while (true) {
    const auto next = listener.next_message(10s);
    ASSERT_TRUE(next);
    if (next->interface() != "org.example.I") continue;
    EXPECT_EQ(next->sender(), sender.unique_name());
    EXPECT_EQ(next->serial(), serial);
    EXPECT_EQ(next->body().string(), "x");
    break;
  }
}

TEST(Untyped, AServiceAnswersFromNextMessage) {
  const connection service = open();
  std::thread server([&] {
    while (true) {
      const auto next = service.next_message();
      if (!next->expects_reply()) continue;
      if (next->member() == "Quit") {
        service.send(message_builder::method_return(*next).build());
        return;
      }
      message_builder reply = message_builder::method_return(*next);
      auto values = next->body();
      while (!values.at_end()) reply.copy(values);
      service.send(reply.build());
    }
  });
  const connection client = open();
  for (const std::size_t size : {1u, 30'000u, 3'000'000u}) {
    const message echoed =
        client
            .call(message_builder::method_call(service.unique_name(), "/", "org.example.I", "Echo")
                      .string(std::string(size, 'x'))
                      .uint32(7)
                      .build())
            .wait();
    EXPECT_EQ(echoed.body().string().size(), size);
  }
  client.call(call_to(service, "Quit")).wait();
  server.join();
}

TEST(Untyped, DescriptorsPassThroughTheBus) {
  const connection service = open();
  const connection client = open();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const headway::unique_fd out(ends[0]);
  client
      .call(message_builder::method_call(service.unique_name(), "/", "org.example.I", "Take")
                .fd(headway::unique_fd(ends[1]))
                .build())
      .no_reply();
  while (true) {
    const auto next = service.next_message(10s);
    ASSERT_TRUE(next);
    if (next->member() != "Take") continue;
    EXPECT_FALSE(next->expects_reply());
    ASSERT_EQ(next->fds().size(), 1u);
    EXPECT_EQ(::write(next->body().fd(), "x", 1), 1);
    break;
  }
  char byte = 0;
  EXPECT_EQ(::read(out.get(), &byte, 1), 1);
}

TEST(Untyped, ACallThatIsNotAnsweredTimesOut) {
  const connection silent = open();
  const connection client = open();
  EXPECT_EQ(error_of([&] { client.call(call_to(silent, "Sleep")).within(20ms).wait(); }),
            headway::error_name::no_reply);
}

TEST(Untyped, AMonitorSeesTheRepliesOfOthers) {
  const connection monitor = open();
  const std::string rules[] = {"type='method_return'"};
  monitor.become_monitor(rules).wait();
  const connection client = open();
  const std::string name = client.unique_name();
  client.name_owner(name).wait();
  while (true) {
    const auto next = monitor.next_message(10s);
    ASSERT_TRUE(next);
    if (next->type() == headway::message_type::method_return && next->destination() == name &&
        next->signature() == "s" && next->body().string() == name) {
      break;
    }
  }
}

TEST(Untyped, TheEndOfTheBusIsTold) {
  TestBus bus;
  const connection client = connection::open(bus.address());
  bus.stop();
  EXPECT_EQ(error_of([&] {
              while (client.next_message(10s)) {
              }
            }),
            headway::error_name::disconnected);
  EXPECT_FALSE(client.is_open());
}

TEST(Untyped, AnAddressIsAListOfAlternatives) {
  const connection client = connection::open("unix:path=/nonexistent/bus;" + address());
  EXPECT_TRUE(client.is_open());
  EXPECT_EQ(error_of([] { return connection::open("unix:path=/nonexistent/bus"); }),
            headway::error_name::no_server);
  EXPECT_EQ(error_of([] { return connection::open("nonsense"); }),
            headway::error_name::bad_address);
  const std::string wrong = "unix:path=" + socket_path() + ",guid=00000000000000000000000000000000";
  EXPECT_EQ(error_of([&] { return connection::open(wrong); }), headway::error_name::auth_failed);
}

TEST(Untyped, TcpLogsInAnonymouslyAndPassesNoDescriptors) {
  const connection client = connection::open(entry("tcp:"));
  EXPECT_FALSE(client.passes_fds());
  const message what = message_builder::method_call("a.b", "/", "a.b", "C").fd(0).build();
  EXPECT_EQ(error_of([&] { client.send(what); }), headway::error_name::not_supported);
}

TEST(Untyped, BusesAreFoundByTheEnvironment) {
  ::setenv("DBUS_SESSION_BUS_ADDRESS", address().c_str(), 1);
  EXPECT_TRUE(connection::open(headway::bus::session).is_open());
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address().c_str(), 1);
  EXPECT_TRUE(connection::open(headway::bus::system).is_open());
  ::unsetenv("DBUS_STARTER_ADDRESS");
  EXPECT_EQ(error_of([] { return connection::open(headway::bus::starter); }),
            headway::error_name::no_server);
  ::setenv("DBUS_STARTER_BUS_TYPE", "system", 1);
  EXPECT_TRUE(connection::open(headway::bus::starter).is_open());

  ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
  char directory[] = "/tmp/headway-test-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  ::setenv("XDG_RUNTIME_DIR", directory, 1);
  EXPECT_EQ(error_of([] { return connection::open(headway::bus::session); }),
            headway::error_name::no_server);
  const std::string link = std::string(directory) + "/bus";
  ASSERT_EQ(::symlink(socket_path().c_str(), link.c_str()), 0);
  EXPECT_TRUE(connection::open(headway::bus::session).is_open());
  ::unlink(link.c_str());
  ::rmdir(directory);
}

TEST(Untyped, AProgramCanBeTheOtherEnd) {
  const connection client = connection::open(
      "unixexec:path=/usr/bin/python3,argv1=" HEADWAY_TEST_FILES "/relay.py,argv2=" +
      socket_path());
  EXPECT_EQ(client.name_owner(client.unique_name()).wait(), client.unique_name());
}

}  // namespace
