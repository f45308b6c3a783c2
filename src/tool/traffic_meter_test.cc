// SPDX-License-Identifier: MIT
#include "tool/traffic_meter.h"

#include <gtest/gtest.h>

#include <string>

#include "tool/traffic_testing.h"

namespace headway::tool {
namespace {

using testing::call_of;
using testing::name_owner_changed;
using testing::reply_of;
using testing::signal_of;

constexpr WallTime noon{std::chrono::seconds(1'700'000'000)};

/// A bus that is watched.
struct Watched {
  TrafficMeter meter;
  PeerBook peers;

  void see(const message& what) {
    meter.take(what, noon, peers);
    peers.follow(what);
  }
  /// "NAME messages/waiting/owed" of each, in the order of names.
  std::string end() {
    std::string text;
    for (const PeerTraffic& peer : meter.end_interval(peers)) {
      text += (text.empty() ? "" : ", ") + peer.name + " " + std::to_string(peer.messages) + "/" +
              std::to_string(peer.waiting) + "/" + std::to_string(peer.owed);
    }
    return text;
  }
};

TEST(TrafficMeter, CountsWhatEachSendsInAnInterval) {
  Watched bus;
  bus.see(signal_of(":1.1"));
  bus.see(signal_of(":1.2"));
  bus.see(signal_of(":1.1"));
  const auto peers = bus.meter.end_interval(bus.peers);
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0].name, ":1.1");
  EXPECT_EQ(peers[0].messages, 2u);
  EXPECT_EQ(peers[0].bytes, 2 * signal_of(":1.1").bytes().size());
  EXPECT_EQ(peers[1].messages, 1u);

  EXPECT_EQ(bus.end(), "");
}

TEST(TrafficMeter, CallsWaitUntilTheyAreAnswered) {
  Watched bus;
  bus.see(name_owner_changed("org.example.Clock", "", ":1.9"));
  bus.see(call_of(":1.1", "org.example.Clock", 1));
  bus.see(call_of(":1.1", ":1.9", 2));
  EXPECT_EQ(bus.end(), ":1.1 2/2/0, :1.9 0/0/2, org.freedesktop.DBus 1/0/0");
  EXPECT_EQ(bus.end(), ":1.1 0/2/0, :1.9 0/0/2");

  bus.see(reply_of(":1.9", ":1.1", 2));
  EXPECT_EQ(bus.end(), ":1.1 0/1/0, :1.9 1/0/1");
}

TEST(TrafficMeter, CallsOfANameThatNobodyOwnsAreOwedByIt) {
  Watched bus;
  bus.see(call_of(":1.1", "org.example.Starting"));
  EXPECT_EQ(bus.end(), ":1.1 1/1/0, org.example.Starting 0/0/1");
}

TEST(TrafficMeter, WhoHasLeftIsOfItsLastIntervalWithAllThatWasKnown) {
  Watched bus;
  bus.peers.at(":1.1").executable = "/usr/bin/clock";
  bus.see(call_of(":1.1", ":1.9"));
  bus.see(name_owner_changed(":1.1", ":1.1", ""));
  const auto peers = bus.meter.end_interval(bus.peers);
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0].who.executable, "/usr/bin/clock");
  EXPECT_EQ(peers[0].waiting, 0u);
}

TEST(TrafficMeter, HoldsABoundedNumberOfPeers) {
  Watched bus{.meter = TrafficMeter(2), .peers = {}};
  for (const char* const sender : {":1.1", ":1.2", ":1.3", ":1.4", ":1.1"}) {
    bus.see(signal_of(sender));
  }
  EXPECT_EQ(bus.end(), " 2/0/0, :1.1 2/0/0, :1.2 1/0/0");
}

}  // namespace
}  // namespace headway::tool
