// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "wire/build.h"
#include "wire/message.h"
#include "wire/message_testing.h"

namespace headway::wire {
namespace {

using Octets = std::vector<std::uint8_t>;

class Stamp : public testing::TestWithParam<ByteOrder> {
 protected:
  /// The message as a receiver gets it; `head` holds what the last message left in it.
  Octets stamped(const Octets& bytes, std::string_view sender) {
    const auto message = parse_message(bytes);
    EXPECT_TRUE(message);
    const Bytes head = stamp_header(*message, SenderField(sender), head_);
    Octets out(head.begin(), head.end());
    out.insert(out.end(), message->body().begin(), message->body().end());
    return out;
  }

  Octets head_ = Octets(100, 0xFF);
};

INSTANTIATE_TEST_SUITE_P(Order, Stamp, both_orders, order_name);

TEST(SenderField, IsEncodedInBothOrders) {
  const SenderField sender(":1.2");
  EXPECT_EQ(sender.name(), ":1.2");
  EXPECT_EQ(as_text(sender.encoded(ByteOrder::little)),
            std::string_view("\7\1s\0\4\0\0\0:1.2\0", 13));
  EXPECT_EQ(as_text(sender.encoded(ByteOrder::big)), std::string_view("\7\1s\0\0\0\0\4:1.2\0", 13));
}

TEST_P(Stamp, AppendsTheSenderAndKeepsEverythingElse) {  // BUS-008, BUS-010
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) { writer.string("text"); });
  const Octets bytes = RawMessage::call(GetParam())
                           .text(6, 's', "well.known")
                           .signature("s")
                           .byte_at(2, 0xF5)
                           .finish(body);
  const Octets out = stamped(bytes, ":1.42");
  const auto message = parse_message(out);

  ASSERT_TRUE(message) << describe(message.error());
  EXPECT_EQ(message->sender, ":1.42");
  EXPECT_EQ(message->order, GetParam());
  EXPECT_EQ(message->flags, 0xF5);
  EXPECT_EQ(message->serial, 1u);
  EXPECT_EQ(message->path, "/a/b");
  EXPECT_EQ(message->member, "Member");
  EXPECT_EQ(message->destination, "well.known");
  EXPECT_TRUE(std::ranges::equal(message->body(), body));
}

TEST_P(Stamp, PaddingIsRightForEveryLengthOfFieldsAndSender) {  // WIRE-015
  for (std::size_t member = 1; member < 18; ++member) {
    for (std::size_t digits = 1; digits < 18; ++digits) {
      const Octets bytes =
          RawMessage(GetParam()).text(1, 'o', "/").text(3, 's', std::string(member, 'm')).finish();
      const std::string sender = ":1." + std::string(digits, '4');
      const Octets out = stamped(bytes, sender);
      const auto message = parse_message(out);
      ASSERT_TRUE(message) << describe(message.error());
      EXPECT_EQ(message->sender, sender);
      EXPECT_EQ(message->member.size(), member);
    }
  }
}

TEST_P(Stamp, AForgedSenderIsReplaced) {  // BUS-008
  for (const std::size_t position : {0u, 1u, 2u}) {
    RawMessage raw(GetParam());
    if (position == 0) raw.text(7, 's', "org.freedesktop.DBus");
    raw.text(1, 'o', "/a/bc");
    if (position == 1) raw.text(7, 's', ":1.1");
    raw.text(3, 's', "M");
    if (position == 2) raw.text(7, 's', ":1.123456789");
    const Octets honest = RawMessage(GetParam()).text(1, 'o', "/a/bc").text(3, 's', "M").finish();

    EXPECT_EQ(stamped(raw.finish(), ":1.42"), stamped(honest, ":1.42"));
  }
}

TEST_P(Stamp, UnknownFieldsAreDroppedWhereverTheyStand) {  // BUS-009
  RawMessage raw(GetParam());
  raw.number(10, 1).text(1, 'o', "/a").text(200, 's', "x");
  BodyWriter array = raw.begin(11, "a(yv)");
  const BodyWriter::Array open = array.open_array('(');
  array.byte(1);
  array.signature("s");
  array.string("nested");
  array.close_array(open);
  raw.text(3, 's', "M").signature("u").number(9, 2).number(255, 4);
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) { writer.uint32(7); });
  const Octets plain = RawMessage(GetParam())
                           .text(1, 'o', "/a")
                           .text(3, 's', "M")
                           .signature("u")
                           .number(9, 2)
                           .finish(body);

  EXPECT_EQ(stamped(raw.finish(body), ":1.42"), stamped(plain, ":1.42"));
}

TEST_P(Stamp, AMessageWithoutFieldsGetsItsFirst) {
  const Octets out = stamped(RawMessage(GetParam(), 77).finish(), ":1.42");
  EXPECT_EQ(parse_message(out)->sender, ":1.42");
  const Octets filtered = stamped(RawMessage(GetParam(), 77).number(10, 1).finish(), ":1.42");
  EXPECT_EQ(filtered, out);
}

TEST_P(Stamp, StampingTwiceIsStampingOnce) {
  const Octets once = stamped(RawMessage::call(GetParam()).finish(), ":1.1");
  EXPECT_EQ(stamped(once, ":1.1"), once);
}

TEST_P(Stamp, TheHeadIsReusedWithoutAllocating) {
  const Octets bytes = RawMessage::call(GetParam()).finish();
  const auto message = parse_message(bytes);
  const SenderField sender(":1.42");
  const std::uint8_t* const before = stamp_header(*message, sender, head_).data();
  EXPECT_EQ(stamp_header(*message, sender, head_).data(), before);
}

TEST_P(Stamp, WhatBuildMakesIsAMessage) {
  Octets bytes(50, 0xFF);
  build_message({.type = MessageType::signal,
                 .serial = 3,
                 .path = "/a",
                 .interface = "a.b",
                 .member = "Changed",
                 .order = GetParam()},
                {}, bytes);
  const auto message = parse_message(bytes);
  ASSERT_TRUE(message) << describe(message.error());
  EXPECT_EQ(message->interface, "a.b");
  EXPECT_FALSE(message->needs_filtering);
  EXPECT_TRUE(message->body().empty());
}

}  // namespace
}  // namespace headway::wire
