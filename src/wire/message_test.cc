// SPDX-License-Identifier: MIT
#include "wire/message.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "wire/build.h"
#include "wire/message_testing.h"

namespace headway::wire {
namespace {

using Octets = std::vector<std::uint8_t>;

std::optional<Fault> fault(const Octets& bytes) {
  const auto message = parse_message(bytes);
  return message ? std::nullopt : std::optional(message.error());
}

constexpr auto valid = std::nullopt;

class Header : public testing::TestWithParam<ByteOrder> {
 protected:
  RawMessage call() { return RawMessage::call(GetParam()); }
  RawMessage message(std::uint8_t type) { return RawMessage(GetParam(), type); }
};

INSTANTIATE_TEST_SUITE_P(Order, Header, both_orders, order_name);

/// A complete little-endian message, written down by hand from the specification.
TEST(Message, ReadsAMessageAsTheSpecificationShowsIt) {  // WIRE-030
  const Octets bytes = {
      'l', 2, 1,   1, 4, 0,   0, 0, 9,   0,   0,   0,   31, 0, 0, 0,  // fixed part
      5,   1, 'u', 0, 7, 0,   0, 0,                                   // REPLY_SERIAL 7
      6,   1, 's', 0, 4, 0,   0, 0, ':', '1', '.', '2', 0,  0, 0, 0,  // DESTINATION :1.2
      8,   1, 'g', 0, 1, 'u', 0, 0,                                   // SIGNATURE u
      42,  0, 0,   0};
  const auto message = parse_message(bytes);

  ASSERT_TRUE(message);
  EXPECT_EQ(message->order, ByteOrder::little);
  EXPECT_EQ(message->type, MessageType::method_return);
  EXPECT_TRUE(message->has(no_reply_expected));
  EXPECT_EQ(message->serial, 9u);
  EXPECT_EQ(message->reply_serial, 7u);
  EXPECT_EQ(message->destination, ":1.2");
  EXPECT_EQ(message->signature, "u");
  EXPECT_EQ(message->head_bytes(), 48u);
  EXPECT_EQ(message->body().size(), 4u);
  EXPECT_EQ(message->path.data(), nullptr);
  EXPECT_EQ(message->sender.data(), nullptr);
  EXPECT_FALSE(message->needs_filtering);
}

TEST_P(Header, ReadsEveryFieldThatBuildWrote) {  // WIRE-042, WIRE-051
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) { writer.string("x"); });
  Octets bytes;
  build_message({.type = MessageType::error,
                 .flags = 0xF9,
                 .serial = 0x01020304,
                 .reply_serial = 0x05060708,
                 .unix_fds = 3,
                 .path = "/a/b",
                 .interface = "a.b",
                 .member = "Member",
                 .error_name = "a.b.Error",
                 .destination = "c.d",
                 .sender = ":1.2",
                 .signature = "s",
                 .order = GetParam()},
                body, bytes);
  const auto message = parse_message(bytes);

  ASSERT_TRUE(message) << describe(message.error());
  EXPECT_EQ(message->order, GetParam());
  EXPECT_EQ(message->type, MessageType::error);
  EXPECT_EQ(message->flags, 0xF9);  // WIRE-034
  EXPECT_EQ(message->serial, 0x01020304u);
  EXPECT_EQ(message->reply_serial, 0x05060708u);
  EXPECT_EQ(message->unix_fds, 3u);
  EXPECT_EQ(message->path, "/a/b");
  EXPECT_EQ(message->interface, "a.b");
  EXPECT_EQ(message->member, "Member");
  EXPECT_EQ(message->error_name, "a.b.Error");
  EXPECT_EQ(message->destination, "c.d");
  EXPECT_EQ(message->sender, ":1.2");
  EXPECT_EQ(message->signature, "s");
  EXPECT_TRUE(message->needs_filtering);
  EXPECT_TRUE(message->is_reply());
}

TEST_P(Header, OneCutShortAnywhereIsNoMessage) {
  const Octets bytes = call().text(6, 's', "a.b").finish();
  ASSERT_EQ(fault(bytes), valid);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Octets part(bytes.begin(), bytes.begin() + static_cast<long>(size));
    EXPECT_EQ(fault(part), Fault::truncated) << size;
  }
  Octets longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(fault(longer), Fault::body_length);
}

TEST_P(Header, OnlyTwoByteOrdersExist) {  // WIRE-031
  for (const char mark : {'\0', 'L', 'b', 'm', '\xFF'}) {
    EXPECT_EQ(fault(call().byte_at(0, static_cast<std::uint8_t>(mark)).finish()),
              Fault::byte_order);
  }
}

TEST_P(Header, TypeZeroIsInvalidAndUnknownTypesAreNot) {  // WIRE-032
  EXPECT_EQ(fault(call().byte_at(1, 0).finish()), Fault::message_type);
  for (const std::uint8_t type : std::vector<std::uint8_t>{5, 6, 128, 255}) {
    EXPECT_EQ(fault(message(type).finish()), valid) << int{type};
  }
}

TEST_P(Header, ProtocolVersionIsOne) {  // WIRE-037
  for (const std::uint8_t version : std::vector<std::uint8_t>{0, 2, 255}) {
    EXPECT_EQ(fault(call().byte_at(3, version).finish()), Fault::protocol_version);
  }
}

TEST_P(Header, SerialIsNotZero) {  // WIRE-038
  const std::size_t low_byte = GetParam() == ByteOrder::little ? 8 : 11;
  EXPECT_EQ(fault(call().byte_at(low_byte, 0).finish()), Fault::serial);
}

TEST_P(Header, AnyFlagIsKept) {  // WIRE-034
  const Octets bytes = call().byte_at(2, 0xFF).finish();
  EXPECT_EQ(parse_message(bytes)->flags, 0xFF);
}

Octets prologue(ByteOrder order, std::uint32_t body, std::uint32_t fields) {
  return body_of(order, [=](BodyWriter& writer) {
    writer.byte(static_cast<std::uint8_t>(order));
    writer.byte(1);
    writer.byte(0);
    writer.byte(1);
    writer.uint32(body);
    writer.uint32(1);
    writer.uint32(fields);
  });
}

TEST_P(Header, SizeFollowsFromSixteenBytes) {  // WIRE-041
  const auto bytes = [](std::uint32_t body, std::uint32_t fields, std::size_t limit) {
    return message_bytes(prologue(GetParam(), body, fields), limit);
  };
  EXPECT_EQ(bytes(0, 0, message_bytes_max), 16u);
  EXPECT_EQ(bytes(5, 1, message_bytes_max), 29u);
  EXPECT_EQ(bytes(5, 8, message_bytes_max), 29u);
  EXPECT_EQ(bytes(5, 8, 29), 29u);
  EXPECT_EQ(bytes(5, 8, 28).error(), Fault::too_long);
}

TEST_P(Header, LengthsDoNotWrapAround) {  // WIRE-039, WIRE-040
  const auto bytes = [](std::uint32_t body, std::uint32_t fields) {
    return message_bytes(prologue(GetParam(), body, fields), SIZE_MAX);
  };
  constexpr std::uint32_t all = message_bytes_max - 16;
  EXPECT_EQ(bytes(all, 0), message_bytes_max);
  EXPECT_EQ(bytes(all + 1, 0).error(), Fault::too_long);
  EXPECT_EQ(bytes(all - array_bytes_max, array_bytes_max), message_bytes_max);
  EXPECT_EQ(bytes(0, array_bytes_max + 1).error(), Fault::too_long);
  EXPECT_EQ(bytes(0xFFFFFFFF, 0).error(), Fault::too_long);
  EXPECT_EQ(bytes(0, 0xFFFFFFFF).error(), Fault::too_long);
  EXPECT_EQ(bytes(0xFFFFFFFF, 0xFFFFFFF9).error(), Fault::too_long);
}

TEST_P(Header, EachTypeHasItsRequiredFields) {  // WIRE-044, WIRE-045
  struct Needed {
    std::uint8_t type;
    std::vector<std::uint8_t> fields;
  };
  const std::vector<Needed> all = {{1, {1, 3}}, {2, {5}}, {3, {4, 5}}, {4, {1, 2, 3}}};
  for (const auto& [type, fields] : all) {
    for (std::size_t missing = 0; missing <= fields.size(); ++missing) {
      RawMessage raw = message(type);
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i == missing) continue;
        if (fields[i] == 1) raw.text(1, 'o', "/");
        if (fields[i] == 5) raw.number(5, 1);
        if (fields[i] != 1 && fields[i] != 5)
          raw.text(fields[i], 's', fields[i] == 3 ? "M" : "a.b");
      }
      const auto expected = missing == fields.size() ? valid : std::optional(Fault::missing_field);
      EXPECT_EQ(fault(raw.finish()), expected) << int{type} << ' ' << missing;
    }
  }
}

TEST_P(Header, KnownFieldsHaveOneTypeOnly) {  // WIRE-042, WIRE-046
  constexpr std::string_view types = "?osssussgu";
  for (std::uint8_t code = 1; code <= 9; ++code) {
    const std::string_view value = code == 1 ? "/" : code == 3 ? "M" : code == 8 ? "s" : "a.b";
    for (const char type : std::string_view("sogu")) {
      RawMessage raw = message(5);  // which needs no field
      if (type == 'u') raw.number(code, 1);
      if (type == 'g') raw.begin(code, "g").signature(value);
      if (type == 's' || type == 'o') raw.text(code, type, value);
      const Octets body(code == 8 ? 5 : 0);  // of an empty string
      EXPECT_EQ(fault(raw.finish(body)),
                type == types[code] ? valid : std::optional(Fault::header_field))
          << int{code} << type;
    }
  }
}

TEST_P(Header, KnownFieldsAppearOnce) {  // WIRE-046
  EXPECT_EQ(fault(call().text(1, 'o', "/a/b").finish()), Fault::duplicate_field);
  EXPECT_EQ(fault(call().number(9, 1).number(9, 1).finish()), Fault::duplicate_field);
  EXPECT_EQ(fault(call().signature("").signature("").finish()), Fault::duplicate_field);
  EXPECT_EQ(fault(call().text(7, 's', ":1.2").text(7, 's', ":1.2").finish()),
            Fault::duplicate_field);
}

TEST_P(Header, ValuesObeyTheirGrammar) {  // WIRE-020, WIRE-046, NAME-006
  const auto with = [this](std::uint8_t code, char type, std::string_view value) {
    return fault(message(5).text(code, type, value).finish());
  };
  EXPECT_EQ(with(1, 'o', "/a/"), Fault::header_field);
  EXPECT_EQ(with(1, 'o', ""), Fault::header_field);
  EXPECT_EQ(with(2, 's', "a"), Fault::header_field);
  EXPECT_EQ(with(3, 's', "a.b"), Fault::header_field);
  EXPECT_EQ(with(4, 's', "a"), Fault::header_field);
  EXPECT_EQ(with(6, 's', "a"), Fault::header_field);
  EXPECT_EQ(with(6, 's', ":1"), Fault::header_field);
  EXPECT_EQ(with(7, 's', ""), Fault::header_field);
  EXPECT_EQ(with(3, 's', std::string_view("a\0b", 3)), Fault::header_field);
  EXPECT_EQ(fault(message(5).number(5, 0).finish()), Fault::header_field);
  EXPECT_EQ(fault(message(5).number(9, 0).finish()), valid);
  EXPECT_EQ(fault(message(5).signature("a").finish()), Fault::header_field);
  EXPECT_EQ(fault(message(5).signature("(a{ii)}").finish()),
            Fault::header_field);  // CVE-2022-42010
}

TEST_P(Header, FieldZeroIsInvalid) {  // WIRE-042
  EXPECT_EQ(fault(call().number(0, 1).finish()), Fault::header_field);
}

TEST_P(Header, UnknownFieldsOfAnyTypeAreAccepted) {  // WIRE-043, WIRE-047
  RawMessage raw = call();
  raw.text(10, 'o', "/containers/c1").number(11, 0);
  BodyWriter nested = raw.begin(255, "a{s(vay)}");
  const BodyWriter::Array dict = nested.open_array('{');
  nested.begin_struct();
  nested.string("key");
  nested.begin_struct();
  nested.signature("d");
  nested.float64(1.5);
  nested.bytes(Octets{1, 2, 3});
  nested.close_array(dict);
  raw.number(10, 5).text(6, 's', "c.d");
  const Octets bytes = raw.finish();
  const auto message = parse_message(bytes);

  ASSERT_TRUE(message) << describe(message.error());
  EXPECT_TRUE(message->needs_filtering);
  EXPECT_EQ(message->destination, "c.d");
}

TEST_P(Header, UnknownFieldsAreValidated) {  // WIRE-047
  EXPECT_EQ(fault(call().text(10, 's', "\xFF").finish()), Fault::string);
  EXPECT_EQ(fault(call().text(10, 'o', "x").finish()), Fault::object_path);
  EXPECT_EQ(fault(call().number(10, 1).finish()), valid);
  RawMessage two = call();
  two.begin(10, "yy").uint16(0);
  EXPECT_EQ(fault(two.finish()), Fault::variant);
  RawMessage boolean = call();
  boolean.begin(10, "b").uint32(2);
  EXPECT_EQ(fault(boolean.finish()), Fault::boolean);
}

TEST_P(Header, AFieldIsThreeContainersDeep) {  // WIRE-010: the array, the struct and the variant
  const auto with_variants = [this](int depth) {
    RawMessage raw = call();
    BodyWriter writer = raw.begin(10, depth == 1 ? "y" : "v");
    for (int i = 2; i <= depth; ++i) writer.signature(i == depth ? "y" : "v");
    writer.byte(1);
    return fault(raw.finish());
  };
  EXPECT_EQ(with_variants(62), valid);
  EXPECT_EQ(with_variants(63), Fault::depth);
}

TEST_P(Header, FieldsNotMeantForATypeAreValidatedAndIgnored) {  // WIRE-047
  EXPECT_EQ(fault(call().text(4, 's', "a.b").number(5, 1).finish()), valid);
  EXPECT_EQ(fault(call().text(4, 's', "a").finish()), Fault::header_field);
}

TEST_P(Header, LocalIsReserved) {  // WIRE-049, NAME-010
  EXPECT_EQ(
      fault(message(1).text(1, 'o', "/org/freedesktop/DBus/Local").text(3, 's', "M").finish()),
      Fault::reserved_name);
  EXPECT_EQ(fault(call().text(2, 's', "org.freedesktop.DBus.Local").finish()),
            Fault::reserved_name);
  EXPECT_EQ(fault(call().text(2, 's', "org.freedesktop.DBus.Locale").finish()), valid);
}

TEST_P(Header, PaddingBetweenAndAfterFieldsIsZero) {  // WIRE-015, WIRE-030, WIRE-051
  const Octets bytes = call().finish();               // "/a/b" ends at 29, "Member" at 47
  ASSERT_EQ(bytes.size(), 48u);
  for (const std::size_t at : {29u, 30u, 31u, 47u}) {
    Octets wrong = bytes;
    wrong[at] = 1;
    EXPECT_EQ(fault(wrong), Fault::padding) << at;
  }
}

TEST_P(Header, TheArrayOfFieldsDoesNotCountItsPadding) {  // WIRE-022
  Octets bytes = call().finish();
  const std::size_t low_byte = GetParam() == ByteOrder::little ? 12 : 15;
  ++bytes[low_byte];
  EXPECT_EQ(fault(bytes), Fault::truncated);
  bytes[low_byte] = static_cast<std::uint8_t>(bytes[low_byte] - 2);
  EXPECT_EQ(fault(bytes), Fault::truncated);
}

TEST_P(Header, TheBodyMatchesTheSignature) {  // WIRE-048, WIRE-050
  const Octets number = body_of(GetParam(), [](BodyWriter& writer) { writer.uint32(1); });
  EXPECT_EQ(fault(call().signature("u").finish(number)), valid);
  EXPECT_EQ(fault(call().signature("uy").finish(number)), Fault::truncated);
  EXPECT_EQ(fault(call().signature("q").finish(number)), Fault::body_length);
  EXPECT_EQ(fault(call().finish(number)), Fault::body_length);
  EXPECT_EQ(fault(call().signature("").finish(number)), Fault::body_length);
  const Octets bytes(255, 7);
  EXPECT_EQ(fault(call().signature(std::string(255, 'y')).finish(bytes)), valid);
}

TEST_P(Header, ArraysOfIntegersHoldWholeIntegers) {  // WIRE-024, CVE-2022-42011
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) {
    writer.uint32(3);
    writer.uint32(0);
  });
  EXPECT_EQ(fault(call().signature("ai").finish(body)), Fault::array_length);
}

TEST_P(Header, DescriptorsInVariantsAreReadInTheMessagesOrder) {  // WIRE-028, CVE-2022-42012
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) {
    writer.signature("h");
    writer.uint32(1);
  });
  const Octets bytes = call().signature("v").number(9, 2).finish(body);
  const auto message = parse_message(bytes);
  ASSERT_TRUE(message);
  BodyReader reader(message->order, message->body());
  EXPECT_EQ(reader.signature(), "h");
  EXPECT_EQ(reader.uint32(), 1u);
}

TEST(Message, EveryFaultHasADescription) {
  for (int fault = 0; fault <= static_cast<int>(Fault::body_length); ++fault) {
    EXPECT_NE(std::string(describe(static_cast<Fault>(fault))), "unknown fault") << fault;
  }
}

}  // namespace
}  // namespace headway::wire
