// SPDX-License-Identifier: MIT
#include "tool/message_text.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tool/traffic_testing.h"
#include "wire/build.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;
using testing::received;

constexpr WallTime noon{1'700'000'000s + 42us};

message_builder something() { return message_builder::signal("/p", "a.b", "C"); }

std::string body_of(const message& what, Quotes quotes = Quotes::yes) {
  std::string text;
  append_body(text, what, quotes);
  return text;
}

std::string header_of(const message& what) {
  std::string text;
  append_header(text, what, noon);
  return text;
}

std::string row_of(const message& what) {
  std::string text;
  append_profile(text, what, noon);
  return text;
}

const wire::HeaderFields call{.type = wire::MessageType::method_call,
                              .serial = 7,
                              .path = "/p",
                              .member = "M",
                              .destination = "a.b",
                              .sender = ":1.1"};
const wire::HeaderFields method_return{.type = wire::MessageType::method_return,
                                       .serial = 8,
                                       .reply_serial = 7,
                                       .destination = ":1.1",
                                       .sender = ":1.2"};
const wire::HeaderFields failure{.type = wire::MessageType::error,
                                 .serial = 9,
                                 .reply_serial = 7,
                                 .error_name = "a.b.Error",
                                 .destination = ":1.1",
                                 .sender = ":1.2"};
const wire::HeaderFields unknown{.type = wire::MessageType{7}, .serial = 1, .sender = ":1.3"};

TEST(MessageText, HeaderSaysOfEachKindWhatItIsAbout) {  // TOOL-018
  EXPECT_EQ(header_of(something().build()),
            "signal time=1700000000.000042 sender=(null sender) -> destination=(null destination) "
            "serial=0 path=/p; interface=a.b; member=C\n");
  EXPECT_EQ(header_of(received(call)),
            "method call time=1700000000.000042 sender=:1.1 -> destination=a.b serial=7 path=/p; "
            "interface=(null); member=M\n");
  EXPECT_EQ(header_of(received(method_return)),
            "method return time=1700000000.000042 sender=:1.2 -> destination=:1.1 serial=8 "
            "reply_serial=7\n");
  EXPECT_EQ(header_of(received(failure)),
            "error time=1700000000.000042 sender=:1.2 -> destination=:1.1 error_name=a.b.Error "
            "reply_serial=7\n");
  EXPECT_EQ(header_of(received(unknown)),
            "(unknown message type) time=1700000000.000042 sender=:1.3 -> "
            "destination=(null destination)\n");
}

TEST(MessageText, EveryBasicTypeHasItsWord) {  // TOOL-019
  const message what = something()
                           .byte(255)
                           .boolean(true)
                           .int16(-1)
                           .uint16(1)
                           .int32(-2)
                           .uint32(2)
                           .int64(-3)
                           .uint64(3)
                           .float64(1e100)
                           .string("\"\n")
                           .object_path("/")
                           .signature("a{sv}")
                           .build();

  EXPECT_EQ(body_of(what),
            "   byte 255\n   boolean true\n   int16 -1\n   uint16 1\n   int32 -2\n   uint32 2\n"
            "   int64 -3\n   uint64 3\n   double 1e+100\n   string \"\"\n\"\n"
            "   object path \"/\"\n   signature \"a{sv}\"\n");
}

TEST(MessageText, ContainersIndentWhatIsInThem) {  // TOOL-020
  const message what = something()
                           .open_array("{sv}")
                           .open_dict_entry()
                           .string("k")
                           .open_variant("(ii)")
                           .open_struct()
                           .int32(1)
                           .int32(2)
                           .close()
                           .close()
                           .close()
                           .close()
                           .open_array("s")
                           .close()
                           .build();

  EXPECT_EQ(body_of(what),
            "   array [\n"
            "      dict entry(\n"
            "         string \"k\"\n"
            "         variant             struct {\n"
            "               int32 1\n"
            "               int32 2\n"
            "            }\n"
            "      )\n"
            "   ]\n"
            "   array [\n"
            "   ]\n");
}

TEST(MessageText, BytesAreTextIfTheyCanBe) {  // TOOL-021
  const auto shown = [](std::string_view bytes) {
    return body_of(something().bytes(as_bytes(bytes)).build());
  };
  using namespace std::string_view_literals;

  EXPECT_EQ(shown(" ~"), "   array of bytes \" ~\"\n");
  EXPECT_EQ(shown("a\0"sv), "   array of bytes \"a\" + \\0\n");
  EXPECT_EQ(shown("\0"sv), "   array of bytes \"\" + \\0\n");
  EXPECT_EQ(shown("a\0b"sv), "   array of bytes [\n      61 00 62\n   ]\n");
  EXPECT_EQ(shown("\x7f"), "   array of bytes [\n      7f\n   ]\n");
  EXPECT_EQ(shown(""), "   array [\n   ]\n");
}

TEST(MessageText, BytesFillTheLine) {  // TOOL-021
  std::vector<std::uint8_t> bytes(25);
  std::iota(bytes.begin(), bytes.end(), 0);

  EXPECT_EQ(body_of(something().bytes(bytes).build()),
            "   array of bytes [\n"
            "      00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17\n"
            "      18\n"
            "   ]\n");
}

TEST(MessageText, BytesThatLieTooDeepForALineStandInOne) {
  message_builder builder = something();
  constexpr int depth = 30;
  for (int i = 0; i < depth; ++i) builder.open_variant(i + 1 < depth ? "v" : "ay");
  builder.bytes(std::vector<std::uint8_t>(40));
  for (int i = 0; i < depth; ++i) builder.close();

  std::string zeros = "00";
  for (int i = 1; i < 40; ++i) zeros += " 00";
  EXPECT_NE(body_of(builder.build()).find(" " + zeros + "\n"), std::string::npos);
}

TEST(MessageText, LiteralTextStandsAlone) {  // TOOL-015
  const message what = something().string("a\"").int32(1).object_path("/").build();

  EXPECT_EQ(body_of(what, Quotes::no), "   a\"   int32 1\n   /");
}

TEST(MessageText, DescriptorsSayWhatTheyAre) {  // TOOL-019
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const unique_fd other(pair[1]);
  const std::string text = body_of(something().fd(unique_fd(pair[0])).build());

  EXPECT_TRUE(text.starts_with("   file descriptor\n         inode: ")) << text;
  EXPECT_TRUE(
      text.ends_with("\n         type: socket\n         address family: unix\n"
                     "         name @\n         peer @\n"))
      << text;
}

TEST(Profile, HasARowForEachKind) {  // TOOL-022
  EXPECT_EQ(row_of(received(call)), "mc\t1700000000.000042\t7\t:1.1\ta.b\t/p\t<none>\tM\n");
  EXPECT_EQ(row_of(something().build()), "sig\t1700000000.000042\t0\t<none>\t<none>\t/p\ta.b\tC\n");
  EXPECT_EQ(row_of(received(method_return)), "mr\t1700000000.000042\t8\t:1.2\t:1.1\t7\n");
  EXPECT_EQ(row_of(received(failure)), "err\t1700000000.000042\t9\t:1.2\t:1.1\t7\n");
  EXPECT_EQ(row_of(received(unknown)), "tun\t1700000000.000042\n");
}

}  // namespace
}  // namespace headway::tool
