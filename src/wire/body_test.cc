// SPDX-License-Identifier: MIT
#include "wire/body.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/message.h"
#include "wire/message_testing.h"

namespace headway::wire {
namespace {

using Octets = std::vector<std::uint8_t>;

class Body : public testing::TestWithParam<ByteOrder> {
 protected:
  template <class Write>
  Octets written(Write write) {
    return body_of(GetParam(), write);
  }
  BodyReader reader(const Octets& body) { return {GetParam(), body}; }
};

INSTANTIATE_TEST_SUITE_P(Order, Body, both_orders, order_name);

TEST(BodyWriter, WritesEachByteOrderAsTheSpecificationShowsIt) {  // WIRE-013, WIRE-018, WIRE-031
  const auto write = [](BodyWriter& writer) {
    writer.byte(1);
    writer.uint16(0x0203);
    writer.string("hi");
    writer.uint64(4);
  };
  EXPECT_EQ(body_of(ByteOrder::little, write),
            (Octets{1, 0, 3, 2, 2, 0, 0, 0, 'h', 'i', 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(body_of(ByteOrder::big, write),
            (Octets{1, 0, 2, 3, 0, 0, 0, 2, 'h', 'i', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}));
}

TEST_P(Body, ReadsBackEveryTypeItWrote) {  // WIRE-017
  const Octets body = written([](BodyWriter& writer) {
    writer.byte(200);
    writer.boolean(true);
    writer.int16(-2);
    writer.uint16(60000);
    writer.int32(-3);
    writer.uint32(4000000000);
    writer.int64(-4);
    writer.uint64(1ull << 63);
    writer.float64(-0.5);
    writer.string("gr\xC3\xBC\xC3\x9F");
    writer.signature("a{sv}");
  });
  ASSERT_TRUE(validate_body(GetParam(), "ybnqiuxtdsg", body));

  BodyReader read = reader(body);
  EXPECT_EQ(read.byte(), 200);
  EXPECT_TRUE(read.boolean());
  EXPECT_EQ(static_cast<std::int16_t>(read.uint16()), -2);
  EXPECT_EQ(read.uint16(), 60000);
  EXPECT_EQ(static_cast<std::int32_t>(read.uint32()), -3);
  EXPECT_EQ(read.uint32(), 4000000000u);
  EXPECT_EQ(static_cast<std::int64_t>(read.uint64()), -4);
  EXPECT_EQ(read.uint64(), 1ull << 63);
  EXPECT_EQ(read.float64(), -0.5);
  EXPECT_EQ(read.string(), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(read.signature(), "a{sv}");
  EXPECT_TRUE(read.at_end(body.size()));
}

TEST_P(Body, EmptyArraysArePaddedToTheirElement) {  // WIRE-022
  const Octets body = written([](BodyWriter& writer) {
    writer.close_array(writer.open_array('t'));
    writer.close_array(writer.open_array('s'));
    writer.close_array(writer.open_array('{'));
  });
  EXPECT_EQ(body, Octets(16));
  EXPECT_TRUE(validate_body(GetParam(), "atasa{sv}", body));
}

TEST_P(Body, WalksDictionaries) {  // WIRE-012, WIRE-025, WIRE-026
  const Octets body = written([](BodyWriter& writer) {
    const BodyWriter::Array dict = writer.open_array('{');
    for (int i = 0; i < 2; ++i) {
      writer.begin_struct();
      writer.string("same key");
      writer.signature("u");
      writer.uint32(7);
    }
    writer.close_array(dict);
    writer.byte(9);
  });
  ASSERT_TRUE(validate_body(GetParam(), "a{sv}y", body));

  BodyReader read = reader(body);
  const std::size_t end = read.open_array('{');
  int entries = 0;
  for (; !read.at_end(end); ++entries) {
    read.begin_struct();
    EXPECT_EQ(read.string(), "same key");
    EXPECT_EQ(read.signature(), "u");
    EXPECT_EQ(read.uint32(), 7u);
  }
  EXPECT_EQ(entries, 2);
  EXPECT_EQ(read.byte(), 9);
}

TEST_P(Body, SkipsEveryKindOfValue) {
  const std::string signature = "ybqtsogv(yv(s))aya{sv}as";
  const Octets body = written([](BodyWriter& writer) {
    writer.byte(1);
    writer.boolean(true);
    writer.uint16(2);
    writer.uint64(3);
    writer.string("s");
    writer.string("/o");
    writer.signature("g");
    writer.signature("(su)");
    writer.begin_struct();
    writer.string("in a struct in a variant");
    writer.uint32(4);
    writer.begin_struct();
    writer.byte(5);
    writer.signature("y");
    writer.byte(6);
    writer.begin_struct();
    writer.string("");
    writer.bytes(Octets{1, 2, 3});
    writer.close_array(writer.open_array('{'));
    const BodyWriter::Array strings = writer.open_array('s');
    writer.string("last");
    writer.close_array(strings);
  });
  ASSERT_TRUE(validate_body(GetParam(), signature, body));

  BodyReader read = reader(body);
  const char* const types[] = {"y", "b", "q",       "t",  "s",       "o",
                               "g", "v", "(yv(s))", "ay", "a{sv}as", "as"};
  for (const char* type : types) read.skip(type);
  EXPECT_EQ(read.offset(), body.size());
}

TEST_P(Body, PastItsEndEverythingIsZero) {
  const Octets body = {0xFF, 0xFF, 0xFF};
  BodyReader read = reader(body);
  EXPECT_EQ(read.uint32(), 0u);
  EXPECT_EQ(read.byte(), 0);
  EXPECT_EQ(read.uint16(), 0);
  EXPECT_EQ(read.uint64(), 0u);
  EXPECT_EQ(read.string(), "");
  EXPECT_EQ(read.signature(), "");
  EXPECT_TRUE(read.at_end(read.open_array('t')));
  read.begin_struct();
  read.skip("(sa{sv}v)");
  EXPECT_EQ(read.offset(), body.size());
}

TEST_P(Body, TextThatReachesBeyondTheEndIsEmpty) {
  const Octets body = written([](BodyWriter& writer) { writer.uint32(0xFFFFFFFF); });
  EXPECT_EQ(reader(body).string(), "");
  BodyReader array = reader(body);
  EXPECT_EQ(array.open_array('y'), body.size());
  const Octets signature = {200, 'y'};
  EXPECT_EQ(reader(signature).signature(), "");
}

TEST_P(Body, SkippingIsBoundedEvenInABodyNobodyChecked) {  // WIRE-010
  Octets body;
  for (int i = 0; i < 100'000; ++i) body.insert(body.end(), {1, 'v', 0});
  BodyReader read = reader(body);
  read.skip("v");
  EXPECT_LE(read.offset(), body.size());
}

TEST_P(Body, ArgumentsAreReadInAnyOrderAndOnlyTextHasAType) {  // MATCH-013
  const Octets body = written([](BodyWriter& writer) {
    writer.string("zero");
    writer.uint32(1);
    writer.string("/two");
    writer.close_array(writer.open_array('{'));
    writer.signature("four");
  });
  Arguments arguments(GetParam(), "suoa{sv}g", body);

  EXPECT_EQ(arguments.at(4).type, 'g');
  EXPECT_EQ(arguments.at(4).value, "four");
  EXPECT_EQ(arguments.at(0).type, 's');
  EXPECT_EQ(arguments.at(0).value, "zero");
  EXPECT_EQ(arguments.at(1).type, 0);
  EXPECT_EQ(arguments.at(2).type, 'o');
  EXPECT_EQ(arguments.at(2).value, "/two");
  EXPECT_EQ(arguments.at(3).type, 0);
  EXPECT_EQ(arguments.at(5).type, 0);
  EXPECT_EQ(arguments.at(63).type, 0);
}

TEST_P(Body, ArgumentsEndAtSixtyFour) {  // MATCH-013
  const Octets body = written([](BodyWriter& writer) {
    for (int i = 0; i < 70; ++i) writer.string("x");
  });
  const std::string signature(70, 's');
  Arguments arguments(GetParam(), signature, body);
  EXPECT_EQ(arguments.at(63).value, "x");
  EXPECT_EQ(arguments.at(64).type, 0);
  EXPECT_EQ(arguments.at(69).type, 0);
}

}  // namespace
}  // namespace headway::wire
