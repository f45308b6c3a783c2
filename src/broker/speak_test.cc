// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "broker/broker_testing.h"
#include "broker/policy_testing.h"

namespace headway::broker {
namespace {

using testing::Recorder;
using testing::Speaker;
using Texts = std::vector<std::string>;

BusFacts facts() {
  BusFacts facts;
  facts.id = std::string(32, 'a');
  facts.credentials.uid = 0;
  return facts;
}

/// What policy keeps from everybody, besides what it allows.
BrokerSettings settings_with(std::string_view denied) {
  BrokerSettings settings;
  settings.policy = testing::defaults({"allow user=*", "allow own=*", "allow send_destination=*",
                                       "allow receive_sender=*", std::string(denied)});
  return settings;
}

/// A bus with a monitor of everything and one more peer.
class WithMonitor {
 public:
  explicit WithMonitor(std::string_view denied)
      : broker_(facts(), settings_with(denied), effects_) {
    wire::HeaderFields fields{.type = wire::MessageType::method_call, .serial = 100};
    fields.destination = "org.freedesktop.DBus";
    fields.path = "/org/freedesktop/DBus";
    fields.interface = "org.freedesktop.DBus.Monitoring";
    fields.member = "BecomeMonitor";
    fields.signature = "asu";
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    writer.close_array(writer.open_array('s'));
    writer.uint32(0);
    std::vector<std::uint8_t> bytes;
    wire::build_message(fields, body, bytes);
    broker_.received(monitor_.id, *wire::parse_message(bytes), nullptr);
    effects_.take(monitor_.id);
    effects_.take(peer.id);
    effects_.logged.clear();
  }

  Texts seen() { return effects_.take(monitor_.id); }
  Texts received() { return effects_.take(peer.id); }
  const Texts& logged() { return effects_.logged; }

 private:
  Recorder effects_;
  Broker broker_;
  Speaker monitor_{broker_, 0};

 public:
  Speaker peer{broker_, 1000};
};

TEST(Speak, MonitorsSeeThatPolicyKeepsASignalOfTheBusFromItsReceiver) {  // MON-006, MON-008
  WithMonitor bus("deny receive_interface=org.freedesktop.DBus receive_member=NameAcquired");

  const std::uint32_t serial = bus.peer.ask("RequestName", {"org.example.A"}, 0);

  const Texts seen = bus.seen();
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[2], "signal NameAcquired");
  EXPECT_TRUE(seen[3].starts_with("error AccessDenied ")) << seen[3];
  EXPECT_EQ(seen[4], fmt::format("return {}", serial));
  EXPECT_EQ(bus.received(), Texts{fmt::format("return {}", serial)});
}

TEST(Speak, WhatPolicyKeepsOfTheBussOwnIsLoggedWithTheRule) {  // POL-053
  WithMonitor bus("deny receive_type=method_return receive_requested_reply=true");

  bus.peer.ask("GetId");

  EXPECT_EQ(bus.received(), Texts{});
  ASSERT_EQ(bus.logged().size(), 1u);
  EXPECT_NE(bus.logged()[0].find(
                "test.conf:5; sender org.freedesktop.DBus (uid=0 pid=unknown), receiver :1.1"),
            std::string::npos)
      << bus.logged()[0];
}

TEST(Speak, MonitorsSeeThatPolicyKeepsABroadcastOfTheBusFromOne) {  // POL-052
  WithMonitor bus("deny receive_interface=org.freedesktop.DBus receive_member=NameOwnerChanged");
  bus.peer.ask("AddMatch", {"member='NameOwnerChanged'"});
  bus.seen();
  bus.received();

  const std::uint32_t serial = bus.peer.ask("RequestName", {"org.example.A"}, 0);

  const Texts seen = bus.seen();
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[1], "signal NameOwnerChanged");
  EXPECT_TRUE(seen[2].starts_with("error AccessDenied ")) << seen[2];
  EXPECT_EQ(bus.received(), (Texts{"signal NameAcquired", fmt::format("return {}", serial)}));
  EXPECT_TRUE(bus.logged().empty());
}

}  // namespace
}  // namespace headway::broker
