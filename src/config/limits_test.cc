// SPDX-License-Identifier: MIT
#include "config/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace headway::config {
namespace {

using broker::Limits;
using std::chrono::milliseconds;
using testing::HasSubstr;

Limits with(std::string_view name, std::string_view number) {
  Limits limits;
  const auto setting = parse_limit(name, number);
  EXPECT_TRUE(setting) << name;
  if (setting) apply(*setting, limits);
  return limits;
}

TEST(Limits, DefaultsAreThoseOfASystemBus) {
  const Limits limits;
  EXPECT_EQ(limits.max_incoming_bytes, 133169152u);        // LIM-001
  EXPECT_EQ(limits.max_incoming_unix_fds, 64u);            // LIM-002
  EXPECT_EQ(limits.max_outgoing_bytes, 133169152u);        // LIM-003
  EXPECT_EQ(limits.max_outgoing_unix_fds, 64u);            // LIM-004
  EXPECT_EQ(limits.max_message_size, 33554432u);           // LIM-005
  EXPECT_EQ(limits.max_message_unix_fds, 16u);             // LIM-006
  EXPECT_EQ(limits.service_start_timeout.count(), 25000);  // LIM-007
  EXPECT_EQ(limits.auth_timeout.count(), 30000);           // LIM-008
  EXPECT_EQ(limits.pending_fd_timeout.count(), 150000);    // LIM-009
  EXPECT_EQ(limits.max_completed_connections, 2048u);      // LIM-010
  EXPECT_EQ(limits.max_incomplete_connections, 64u);       // LIM-011
  EXPECT_EQ(limits.max_connections_per_user, 256u);        // LIM-012
  EXPECT_EQ(limits.max_pending_service_starts, 512u);      // LIM-013
  EXPECT_EQ(limits.max_names_per_connection, 512u);        // LIM-014
  EXPECT_EQ(limits.max_match_rules_per_connection, 512u);  // LIM-015
  EXPECT_EQ(limits.max_replies_per_connection, 128u);      // LIM-016
  EXPECT_FALSE(limits.reply_timeout);                      // LIM-017
  EXPECT_EQ(limits.max_containers, 512u);                  // LIM-018
  EXPECT_EQ(limits.max_containers_per_user, 16u);          // LIM-018
  EXPECT_EQ(limits.max_container_metadata_bytes, 4096u);   // LIM-018
  EXPECT_EQ(limits.max_connections_per_container, 8u);     // LIM-018
}

TEST(Limits, EachNameSetsItsOwnMember) {
  EXPECT_EQ(with("max_incoming_bytes", "7").max_incoming_bytes, 7u);
  EXPECT_EQ(with("max_incoming_unix_fds", "7").max_incoming_unix_fds, 7u);
  EXPECT_EQ(with("max_outgoing_bytes", "7").max_outgoing_bytes, 7u);
  EXPECT_EQ(with("max_outgoing_unix_fds", "7").max_outgoing_unix_fds, 7u);
  EXPECT_EQ(with("max_message_size", "7").max_message_size, 7u);
  EXPECT_EQ(with("max_message_unix_fds", "7").max_message_unix_fds, 7u);
  EXPECT_EQ(with("service_start_timeout", "7").service_start_timeout.count(), 7);
  EXPECT_EQ(with("auth_timeout", "7").auth_timeout.count(), 7);
  EXPECT_EQ(with("pending_fd_timeout", "7").pending_fd_timeout.count(), 7);
  EXPECT_EQ(with("reply_timeout", "7").reply_timeout, milliseconds(7));
  EXPECT_EQ(with("max_completed_connections", "7").max_completed_connections, 7u);
  EXPECT_EQ(with("max_incomplete_connections", "7").max_incomplete_connections, 7u);
  EXPECT_EQ(with("max_connections_per_user", "7").max_connections_per_user, 7u);
  EXPECT_EQ(with("max_pending_service_starts", "7").max_pending_service_starts, 7u);
  EXPECT_EQ(with("max_names_per_connection", "7").max_names_per_connection, 7u);
  EXPECT_EQ(with("max_match_rules_per_connection", "7").max_match_rules_per_connection, 7u);
  EXPECT_EQ(with("max_replies_per_connection", "7").max_replies_per_connection, 7u);
  EXPECT_EQ(with("max_containers", "7").max_containers, 7u);
  EXPECT_EQ(with("max_containers_per_user", "7").max_containers_per_user, 7u);
  EXPECT_EQ(with("max_container_metadata_bytes", "7").max_container_metadata_bytes, 7u);
  EXPECT_EQ(with("max_connections_per_container", "7").max_connections_per_container, 7u);
}

TEST(Limits, NumbersMayHaveBlanksAroundThemAndBeZeroConf027) {
  EXPECT_EQ(with("max_replies_per_connection", " \n12\t").max_replies_per_connection, 12u);
  EXPECT_EQ(with("max_replies_per_connection", "0").max_replies_per_connection, 0u);
  EXPECT_EQ(with("reply_timeout", "0").reply_timeout, milliseconds(0));
}

TEST(Limits, SizesMayExceedWhatCountsMayNotConf027) {
  EXPECT_EQ(with("max_incoming_bytes", "9223372036854775807").max_incoming_bytes,
            9223372036854775807u);
  EXPECT_FALSE(parse_limit("max_incoming_bytes", "9223372036854775808"));
  EXPECT_TRUE(parse_limit("max_containers", "2147483647"));
  EXPECT_FALSE(parse_limit("max_containers", "2147483648"));
  EXPECT_TRUE(parse_limit("auth_timeout", "2147483647"));
  EXPECT_FALSE(parse_limit("auth_timeout", "2147483648"));
}

TEST(Limits, MessageSizeNeverExceedsTheProtocolsLim005) {
  EXPECT_EQ(with("max_message_size", "134217728").max_message_size, 134217728u);
  EXPECT_EQ(with("max_message_size", "1000000000").max_message_size, 134217728u);
}

class BadNumber : public testing::TestWithParam<const char*> {};

TEST_P(BadNumber, IsRefusedWithTheLimitsNameAndRangeConf027) {
  const auto setting = parse_limit("max_containers", GetParam());

  ASSERT_FALSE(setting);
  EXPECT_THAT(setting.error(), HasSubstr("max_containers"));
  EXPECT_THAT(setting.error(), HasSubstr("from 0 to 2147483647"));
}

INSTANTIATE_TEST_SUITE_P(Conf027, BadNumber,
                         testing::Values("", " ", "x", "12x", "1 2", "-1", "+1", "0x10", "1.5",
                                         "18446744073709551616"));

TEST(Limits, UnknownNamesAreRefusedConf027) {
  const auto setting = parse_limit("max_everything", "1");
  ASSERT_FALSE(setting);
  EXPECT_THAT(setting.error(), HasSubstr("no limit called \"max_everything\""));
}

}  // namespace
}  // namespace headway::config
