// SPDX-License-Identifier: MIT
#include "daemon/link_messages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace headway::daemon {
namespace {

to_broker::Start example_start() {
  to_broker::Start start;
  start.facts = {.id = "0123",
                 .machine_id = "4567",
                 .credentials = {.uid = 7,
                                 .pid = 8,
                                 .groups = std::vector<std::uint32_t>{1, 2, 3},
                                 .label = "label"},
                 .type = "session",
                 .apparmor = true};
  start.config = std::string("\0config", 7);
  start.mechanisms = {.external = false, .cookie_sha1 = true, .anonymous = true};
  start.own_user = "me";
  start.listeners = {{.is_local = true, .guid = "g1", .nonce = ""},
                     {.is_local = false, .guid = "g2", .nonce = "nonce"}};
  return start;
}

TEST(LinkMessages, WhatIsEncodedComesOutAgain) {
  const auto decoded = decode_to_broker(encode(ToBroker(example_start())));
  ASSERT_TRUE(decoded);
  const auto& got = std::get<to_broker::Start>(*decoded);
  const auto wanted = example_start();
  EXPECT_EQ(got.facts.id, wanted.facts.id);
  EXPECT_EQ(got.facts.credentials.groups, wanted.facts.credentials.groups);
  EXPECT_EQ(got.facts.credentials.label, "label");
  EXPECT_EQ(got.config, wanted.config);
  EXPECT_TRUE(got.mechanisms.cookie_sha1 && !got.mechanisms.external);
  EXPECT_EQ(got.listeners, wanted.listeners);
  EXPECT_TRUE(got.facts.apparmor && !got.facts.selinux);

  const to_broker::ServiceFound found{"a.b", broker::Service{"a.b", "a.service", "label"}};
  const auto service = decode_to_broker(encode(ToBroker(found)));
  ASSERT_TRUE(service);
  EXPECT_EQ(std::get<to_broker::ServiceFound>(*service).service, found.service);

  const from_broker::Environment environment{{{"A", "1"}, {"B", ""}}};
  const auto variables = decode_from_broker(encode(FromBroker(environment)));
  ASSERT_TRUE(variables);
  EXPECT_EQ(std::get<from_broker::Environment>(*variables).variables, environment.variables);

  const from_broker::Log log{
      {.kind = broker::LogKind::start_failed,
       .text = "text",
       .fields = {{broker::LogField::service, "a.b"}, {broker::LogField::error, ""}}}};
  const auto entry = decode_from_broker(encode(FromBroker(log)));
  ASSERT_TRUE(entry);
  EXPECT_EQ(std::get<from_broker::Log>(*entry).entry.kind, log.entry.kind);
  EXPECT_EQ(std::get<from_broker::Log>(*entry).entry.fields, log.entry.fields);

  const auto audit = decode_from_broker(encode(FromBroker(from_broker::Audit{"record"})));
  ASSERT_TRUE(audit);
  EXPECT_EQ(std::get<from_broker::Audit>(*audit).text, "record");
}

TEST(LinkMessages, NoBytesAreTakenForMoreThanTheySay) {
  const std::string whole = encode(ToBroker(example_start()));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_to_broker(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_to_broker(whole + '\0'));
  EXPECT_FALSE(decode_from_broker("\xff\xff\xff\xff"));
  // A count of variables that no frame can hold.
  EXPECT_FALSE(decode_from_broker(std::string_view("\4\0\0\0\xff\xff\xff\x7f", 8)));
}

TEST(LinkMessages, AnEntryForTheLogHasAKindAndFieldsThatExist) {
  using broker::LogField;
  using broker::LogKind;
  const auto decodes = [](LogKind kind, LogField field) {
    const from_broker::Log log{{.kind = kind, .text = "text", .fields = {{field, "value"}}}};
    return decode_from_broker(encode(FromBroker(log))).has_value();
  };
  const auto after = [](auto last) {
    return static_cast<decltype(last)>(std::to_underlying(last) + 1);
  };
  EXPECT_TRUE(decodes(broker::last_log_kind, broker::last_log_field));
  EXPECT_FALSE(decodes(after(broker::last_log_kind), broker::last_log_field));
  EXPECT_FALSE(decodes(broker::last_log_kind, after(broker::last_log_field)));
}

TEST(LinkMessages, ChangedBytesNeverConfuseTheDecoder) {
  std::string bytes = encode(ToBroker(example_start()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char value : {'\0', '\1', '\x7f', '\xff'}) {
      const char before = bytes[i];
      bytes[i] = value;
      static_cast<void>(decode_to_broker(bytes));
      static_cast<void>(decode_from_broker(bytes));
      bytes[i] = before;
    }
  }
}

}  // namespace
}  // namespace headway::daemon
