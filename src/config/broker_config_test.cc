// SPDX-License-Identifier: MIT
#include "config/broker_config.h"

#include <gtest/gtest.h>

#include <chrono>

namespace headway::config {
namespace {

using broker::PolicyRule;
using broker::PolicySection;
using namespace std::chrono_literals;

/// Differs from the default in every member.
BrokerConfig full_config() {
  PolicyRule send{.kind = PolicyRule::Kind::send, .allow = true, .source = {1, 300}};
  send.type = 4;
  send.interface = "a.I";
  send.member = "M";
  send.error = "a.E";
  send.path = "/p";
  send.peer = "a.b";
  send.peer_prefix = "a";
  send.broadcast = true;
  send.requested_reply = false;
  send.eavesdrop = true;
  send.fds_min = 1;
  send.fds_max = 127;
  send.log = true;
  const PolicyRule own{.kind = PolicyRule::Kind::own,
                       .source = {0, 128},
                       .own = PolicyRule::Own::prefix,
                       .name = "a"};
  const PolicyRule connect{.kind = PolicyRule::Kind::connect, .uid = 0, .gid = 4294967294};

  BrokerConfig config;
  config.policy.files = {"/etc/a.conf", "/etc/b.conf"};
  config.policy.sections = {
      {.context = PolicySection::Context::user, .id = 1000, .rules = {send, own}},
      {.context = PolicySection::Context::mandatory, .id = 0, .rules = {connect}},
      {.context = PolicySection::Context::at_console, .id = 0, .rules = {}}};
  config.late_users = {
      {"dynamic", 2, {.context = PolicySection::Context::user, .id = 0, .rules = {own}}}};
  config.limits.max_incoming_bytes = 9223372036854775807;
  config.limits.max_message_size = 134217728;
  config.limits.auth_timeout = 2147483647ms;
  config.limits.reply_timeout = 0ms;
  config.limits.max_connections_per_container = 0;
  config.allow_anonymous = true;
  config.type = "system";
  config.selinux_contexts = {{"a.b", "system_u:object_r:x_t:s0"}};
  config.starts_services = true;
  config.guards_environment = true;
  config.services = {{"a.b", ""}, {"c.d", "d.service", "/usr/bin/d"}};
  return config;
}

TEST(BrokerConfig, WhatIsEncodedIsDecoded) {
  const BrokerConfig empty;
  EXPECT_EQ(decode(encode(empty)), empty);

  const auto full = full_config();
  EXPECT_EQ(decode(encode(full)), full);
}

TEST(BrokerConfig, EveryTruncationIsAnError) {
  const auto bytes = encode(full_config());

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode(Bytes(bytes).first(size)), std::unexpected(DecodeError::truncated)) << size;
  }
}

TEST(BrokerConfig, WhatFollowsIsAnError) {
  auto bytes = encode(full_config());
  bytes.push_back(0);
  EXPECT_EQ(decode(bytes), std::unexpected(DecodeError::trailing));
}

TEST(BrokerConfig, EveryChangedByteIsAnErrorOrAnotherConfiguration) {
  const auto config = full_config();
  const auto bytes = encode(config);

  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned change : {0x01u, 0x80u, 0xFFu}) {
      auto changed = bytes;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      const auto decoded = decode(changed);
      if (!decoded) continue;
      EXPECT_NE(*decoded, config) << at;
      EXPECT_EQ(encode(*decoded), changed) << at;
    }
  }
}

TEST(BrokerConfig, HugeCountsCostNothing) {
  const std::vector<std::uint8_t> bytes = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F};
  EXPECT_EQ(decode(bytes), std::unexpected(DecodeError::truncated));
}

TEST(BrokerConfig, OverlongNumbersAreMalformed) {
  EXPECT_EQ(decode(std::vector<std::uint8_t>{0x80, 0x00}), std::unexpected(DecodeError::malformed));
  EXPECT_EQ(decode(std::vector<std::uint8_t>(11, 0xFF)), std::unexpected(DecodeError::malformed));
}

TEST(BrokerConfig, RulesPointAtFilesThatThereAre) {
  BrokerConfig config;
  config.policy.sections = {{.rules = {PolicyRule{}}}};
  EXPECT_EQ(decode(encode(config)), std::unexpected(DecodeError::malformed));

  config.policy.files = {"a"};
  EXPECT_EQ(decode(encode(config)), config);
}

TEST(BrokerConfig, LateSectionsBelongSomewhere) {
  BrokerConfig config;
  config.late_users = {{"a", 1, {}}};
  EXPECT_EQ(decode(encode(config)), std::unexpected(DecodeError::malformed));
}

TEST(BrokerConfig, ContainsWhatTheBrokerNeeds) {
  BusConfig bus;
  bus.type = "session";
  bus.allow_anonymous = true;
  bus.limits.max_containers = 1;
  bus.policy.files = {"a"};
  bus.late_users = {{"b", 0, {}}};
  bus.selinux_contexts = {{"c", "d"}};

  const auto config = broker_config(bus);

  EXPECT_EQ(config.type, "session");
  EXPECT_TRUE(config.allow_anonymous);
  EXPECT_EQ(config.limits, bus.limits);
  EXPECT_EQ(config.policy, bus.policy);
  EXPECT_EQ(config.late_users, bus.late_users);
  EXPECT_EQ(config.selinux_contexts, bus.selinux_contexts);
}

}  // namespace
}  // namespace headway::config
