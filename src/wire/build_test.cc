// SPDX-License-Identifier: MIT
#include "wire/build.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "wire/message_testing.h"

namespace headway::wire {
namespace {

class Build : public testing::TestWithParam<ByteOrder> {
 protected:
  /// Builds it, and expects that what was built is what a receiver finds.
  Message built(HeaderFields fields, Bytes body = {}) {
    fields.order = GetParam();
    if (fields.serial == 0) fields.serial = 1;
    const Message message = build_message(fields, body, bytes);
    const auto parsed = parse_message(bytes);
    EXPECT_TRUE(parsed) << describe(parsed.error());
    if (parsed) expect_same(message, *parsed);
    return message;
  }

  std::vector<std::uint8_t> bytes;
};
INSTANTIATE_TEST_SUITE_P(Orders, Build, both_orders, order_name);

// WIRE-030 .. WIRE-044
TEST_P(Build, HasAllFieldsOfACall) {
  std::vector<std::uint8_t> body;
  BodyWriter(body, GetParam()).string("text");
  const Message message = built({.type = MessageType::method_call,
                                 .flags = no_auto_start,
                                 .serial = 0x01020304,
                                 .unix_fds = 2,
                                 .path = "/a/b",
                                 .interface = "org.example.I",
                                 .member = "Do",
                                 .destination = "org.example.Service",
                                 .sender = ":1.5",
                                 .signature = "s"},
                                body);
  EXPECT_EQ(message.serial, 0x01020304u);
  EXPECT_EQ(message.flags, no_auto_start);
  EXPECT_EQ(message.unix_fds, 2u);
  EXPECT_EQ(message.destination, "org.example.Service");
  EXPECT_TRUE(std::ranges::equal(message.body(), body));
}

TEST_P(Build, LeavesOutWhatIsNotThere) {
  const Message message = built({.type = MessageType::method_return, .reply_serial = 7});
  EXPECT_EQ(bytes.size(), 24u);
  EXPECT_EQ(message.path.data(), nullptr);
  EXPECT_FALSE(message.needs_filtering);
}

TEST_P(Build, PadsAfterTextsOfEveryLength) {
  for (std::size_t length = 1; length <= 40; ++length) {
    const std::string text(length, 'x');
    const Message message = built({.type = MessageType::error,
                                   .reply_serial = 9,
                                   .path = "/" + text,
                                   .interface = "a." + text,
                                   .member = text,
                                   .error_name = "e." + text,
                                   .destination = "d." + text,
                                   .sender = "s." + text});
    EXPECT_EQ(message.member, text);
  }
}

TEST_P(Build, TakesMemoryThatHeldMoreAndLess) {
  const std::vector<std::uint8_t> body(5000, 'b');
  std::vector<std::uint8_t> array;
  BodyWriter(array, GetParam()).bytes(body);
  const HeaderFields large{.type = MessageType::signal,
                           .path = "/",
                           .interface = "a.b",
                           .member = "M",
                           .signature = "ay"};
  built(large, array);
  bytes.assign(10000, 0xff);
  built({.type = MessageType::method_return, .reply_serial = 7});
  bytes = {};
  EXPECT_EQ(built(large, array).body().size(), array.size());
}

}  // namespace
}  // namespace headway::wire
