// SPDX-License-Identifier: MIT
#include "wire/header_memo.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "wire/message_testing.h"

namespace headway::wire {
namespace {

using Octets = std::vector<std::uint8_t>;

void expect_same(const std::expected<void, Fault>& parsed, const Message& message,
                 const Octets& bytes) {
  const auto expected = parse_message(bytes);
  ASSERT_EQ(parsed.has_value(), expected.has_value());
  if (!parsed) {
    EXPECT_EQ(parsed.error(), expected.error());
    return;
  }
  expect_same(message, *expected);
}

/// What is known and what is parsed must say the same, fault or message.
template <class AnyMemo>
void expect_same(AnyMemo& memo, const Octets& bytes) {
  Message message;
  const auto parsed = memo.parse(bytes, message);
  expect_same(parsed, message, bytes);

  const auto in_place = memo.parse_in_place(bytes, message);
  expect_same(in_place, message, bytes);
  if (!in_place) return;
  for (const std::string_view text : {message.path, message.member, message.signature}) {
    if (text.data() == nullptr) continue;
    EXPECT_GE(text.data(), as_text(bytes).data());
    EXPECT_LE(text.data() + text.size(), as_text(bytes).data() + bytes.size());
  }
}

class Memo : public testing::TestWithParam<ByteOrder> {
 protected:
  Octets call(std::string_view member, std::uint32_t serial = 1) const {
    Octets bytes = RawMessage(GetParam())
                       .text(1, 'o', "/a/b")
                       .text(3, 's', member)
                       .text(6, 's', ":1.7")
                       .signature("u")
                       .finish(body_of(GetParam(), [&](BodyWriter& w) { w.uint32(serial); }));
    bytes[GetParam() == ByteOrder::little ? 8 : 11] = static_cast<std::uint8_t>(serial);
    return bytes;
  }
  Octets reply(std::uint32_t reply_serial, std::string_view to = ":1.7") const {
    return RawMessage(GetParam(), 2).number(5, reply_serial).text(6, 's', to).finish();
  }

  HeaderMemo memo_;
};

INSTANTIATE_TEST_SUITE_P(Order, Memo, both_orders, order_name);

TEST_P(Memo, AKnownHeaderReadsTheSame) {
  for (std::uint32_t serial = 1; serial < 6; ++serial) expect_same(memo_, call("Get", serial));
  for (const char* member : {"Get", "Set", "Get", "Set", "GetAll"}) {
    expect_same(memo_, call(member));
  }
}

TEST_P(Memo, RepliesDifferInTheSerialTheyAnswer) {
  for (std::uint32_t serial = 1; serial < 6; ++serial) expect_same(memo_, reply(serial));
  for (std::uint32_t i = 0; i < 3; ++i) expect_same(memo_, reply(7, ":1.8"));
  expect_same(memo_, reply(9));
}

TEST_P(Memo, AKnownReplyToSerialZeroIsStillNone) {  // WIRE-046
  for (std::uint32_t serial = 1; serial < 4; ++serial) expect_same(memo_, reply(serial));
  Octets bytes = reply(1);
  for (std::size_t at = 20; at < 24; ++at) bytes[at] = 0;
  expect_same(memo_, bytes);
  Message message;
  EXPECT_EQ(memo_.parse(bytes, message).error(), Fault::header_field);
}

TEST_P(Memo, TheTypeOfAMessageIsPartOfItsHeader) {  // WIRE-044
  for (int i = 0; i < 3; ++i) expect_same(memo_, call("Get"));
  for (std::uint8_t type = 0; type < 7; ++type) {
    Octets bytes = call("Get");
    bytes[1] = type;
    expect_same(memo_, bytes);
  }
}

TEST_P(Memo, FlagsAreNot) {
  for (std::uint8_t flags = 0; flags < 8; ++flags) {
    Octets bytes = call("Get");
    bytes[2] = flags;
    expect_same(memo_, bytes);
  }
}

TEST_P(Memo, AnyChangedByteIsSeen) {
  for (int i = 0; i < 3; ++i) expect_same(memo_, call("Get"));
  for (int i = 0; i < 3; ++i) expect_same(memo_, reply(3));
  for (const Octets& good : {call("Get"), reply(3)}) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const std::uint8_t flip : std::initializer_list<std::uint8_t>{0x01, 0x20, 0x80, 0xFF}) {
        Octets bytes = good;
        bytes[at] ^= flip;
        expect_same(memo_, bytes);
      }
    }
  }
}

TEST_P(Memo, TheBodyIsCheckedEveryTime) {  // WIRE-048
  for (int i = 0; i < 3; ++i) expect_same(memo_, call("Get"));
  Octets longer = call("Get");
  longer.insert(longer.end(), 4, 0);
  longer[GetParam() == ByteOrder::little ? 4 : 7] += 4;
  expect_same(memo_, longer);
  Message message;
  EXPECT_EQ(memo_.parse(longer, message).error(), Fault::body_length);
}

TEST_P(Memo, WhatTheBusFiltersReadsTheSame) {  // BUS-008, BUS-009
  for (int i = 0; i < 3; ++i) {
    expect_same(memo_, RawMessage::call(GetParam()).text(7, 's', ":1.1").finish());
    expect_same(memo_, RawMessage::call(GetParam()).number(10, 5).finish());
    // An unknown field may hold what looks like another field.
    expect_same(memo_, RawMessage::call(GetParam()).text(77, 's', "\5\1u").finish());
  }
}

TEST_P(Memo, LongAndEmptyHeadersAreRead) {
  for (int i = 0; i < 3; ++i) {
    expect_same(memo_,
                RawMessage::call(GetParam()).text(2, 's', "a." + std::string(240, 'b')).finish());
    expect_same(memo_, RawMessage(GetParam(), 77).finish());
  }
}

TEST_P(Memo, MoreHeadersThanItHolds) {
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 1000; ++i) expect_same(memo_, call("Member" + std::to_string(i)));
  }
  SmallHeaderMemo small;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 100; ++i) expect_same(small, call("Member" + std::to_string(i)));
  }
}

TEST(HeaderMemo, NoBytesAreNoMessage) {
  HeaderMemo memo;
  expect_same(memo, {});
  expect_same(memo, Octets(15, 'l'));
}

}  // namespace
}  // namespace headway::wire
