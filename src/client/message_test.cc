// SPDX-License-Identifier: MIT
#include "headway/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace headway {
namespace {

using namespace std::string_literals;

message_builder call() { return message_builder::method_call("a.b", "/o", "a.b.I", "M"); }

/// Everything in it, in words: "[(i:5 s:x)] v<u:7>".
std::string shown(message_reader& values);

std::string shown_value(message_reader& values) {
  switch (values.type()) {
    case 'y':
      return "y:" + std::to_string(values.byte());
    case 'b':
      return values.boolean() ? "b:true" : "b:false";
    case 'n':
      return "n:" + std::to_string(values.int16());
    case 'q':
      return "q:" + std::to_string(values.uint16());
    case 'i':
      return "i:" + std::to_string(values.int32());
    case 'u':
      return "u:" + std::to_string(values.uint32());
    case 'x':
      return "x:" + std::to_string(values.int64());
    case 't':
      return "t:" + std::to_string(values.uint64());
    case 'd':
      return "d:" + std::to_string(values.float64());
    case 's':
      return "s:" + std::string(values.string());
    case 'o':
      return "o:" + std::string(values.object_path());
    case 'g':
      return "g:" + std::string(values.signature());
    case 'h':
      return values.fd() >= 0 ? "h" : "no h";
    default:
      break;
  }
  const std::string kind(1, values.type());
  values.enter();
  std::string inside = shown(values);
  values.leave();
  return kind + "<" + inside + ">";
}

std::string shown(message_reader& values) {
  std::string text;
  while (!values.at_end()) {
    if (!text.empty()) text += " ";
    text += shown_value(values);
  }
  return text;
}

std::string shown(const message& what) {
  message_reader values = what.body();
  return shown(values);
}

message everything() {
  return call()
      .byte(255)
      .boolean(true)
      .int16(-7)
      .uint16(7)
      .int32(-70000)
      .uint32(70000)
      .int64(-5'000'000'000)
      .uint64(~0ull)
      .float64(0.5)
      .string("Grüße")
      .object_path("/a")
      .signature("a{sv}")
      .open_array("i")
      .int32(1)
      .int32(2)
      .close()
      .open_array("(sx)")
      .close()
      .open_struct("sa{uv}")
      .string("k")
      .open_array("{uv}")
      .open_dict_entry()
      .uint32(1)
      .open_variant("(bd)")
      .open_struct()
      .boolean(false)
      .float64(2)
      .close()
      .close()
      .close()
      .close()
      .close()
      .build();
}

TEST(Message, WhatIsBuiltIsReadBack) {
  const message built = everything();
  EXPECT_EQ(built.signature(), "ybnqiuxtdsogaia(sx)(sa{uv})");
  EXPECT_EQ(shown(built),
            "y:255 b:true n:-7 q:7 i:-70000 u:70000 x:-5000000000 t:18446744073709551615 "
            "d:0.500000 s:Grüße o:/a g:a{sv} a<i:1 i:2> a<> "
            "(<s:k a<{<u:1 v<(<b:false d:2.000000>>>>>");
  EXPECT_EQ(built.type(), message_type::method_call);
  EXPECT_EQ(built.destination(), "a.b");
  EXPECT_EQ(built.path(), "/o");
  EXPECT_EQ(built.interface(), "a.b.I");
  EXPECT_EQ(built.member(), "M");
  EXPECT_EQ(built.serial(), 0u);
  EXPECT_TRUE(built.expects_reply());
}

TEST(Message, ACopyOfEveryValueIsEqual) {
  const message original = everything();
  message_builder copy = call();
  message_reader values = original.body();
  while (!values.at_end()) copy.copy(values);
  const message copied = copy.build();
  EXPECT_TRUE(std::ranges::equal(copied.bytes(), original.bytes()));
}

TEST(Message, ItsBytesAreParsedToAnEqualMessage) {
  const message original = everything();
  const auto parsed = message::parse(original.bytes());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(shown(*parsed), shown(original));
  EXPECT_EQ(message::parse(original.bytes().first(40)).error().name(),
            error_name::inconsistent_message);
}

TEST(Message, RepliesGoBackToTheCaller) {
  const auto received = message::parse(call().sender(":1.5").build().bytes());
  const message reply = message_builder::method_return(*received).build();
  EXPECT_EQ(reply.type(), message_type::method_return);
  EXPECT_EQ(reply.destination(), ":1.5");
  EXPECT_EQ(reply.reply_serial(), received->serial());
  const message refusal = message_builder::error_reply(*received, "a.b.No", "because").build();
  EXPECT_EQ(refusal.to_error().name(), "a.b.No");
  EXPECT_EQ(refusal.to_error().text(), "because");
  EXPECT_STREQ(refusal.to_error().what(), "a.b.No: because");
}

TEST(Message, AViewOutlivesTheHandleItWasMadeFrom) {
  message_reader values = [] { return call().string("kept").build().body(); }();
  EXPECT_EQ(values.string(), "kept");
}

TEST(Message, LeavingAContainerSkipsTheRestOfIt) {
  const message built = call()
                            .open_array("(ss)")
                            .open_struct()
                            .string("a")
                            .string("b")
                            .close()
                            .open_struct()
                            .string("c")
                            .string("d")
                            .close()
                            .close()
                            .open_variant("as")
                            .open_array("s")
                            .string("e")
                            .close()
                            .close()
                            .uint32(9)
                            .build();
  message_reader values = built.body();
  values.enter();
  values.enter();
  EXPECT_EQ(values.string(), "a");
  values.leave();
  values.enter();
  EXPECT_EQ(values.string(), "c");
  values.leave();
  values.leave();
  EXPECT_EQ(values.type_signature(), "v");
  values.skip();
  EXPECT_EQ(values.uint32(), 9u);
  EXPECT_TRUE(values.at_end());
  EXPECT_EQ(values.type(), '\0');
}

TEST(Message, BytesComeWhole) {
  const std::uint8_t raw[] = {1, 2, 0, 255};
  const message built = call().bytes(raw).byte(7).build();
  EXPECT_EQ(built.signature(), "ayy");
  message_reader values = built.body();
  EXPECT_TRUE(std::ranges::equal(values.bytes(), raw));
  EXPECT_EQ(values.byte(), 7);
  message_reader strings = call().open_array("s").close().build().body();
  EXPECT_THROW(strings.bytes(), error);
}

TEST(Message, ReadingAnotherTypeThrowsAndChangesNothing) {
  message_reader values = call().uint32(5).build().body();
  try {
    static_cast<void>(values.string());
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.name(), error_name::invalid_signature);
    EXPECT_EQ(e.text(), "a value of type 's' is wanted where the message has 'u'");
  }
  EXPECT_THROW(values.enter(), error);
  EXPECT_THROW(values.leave(), error);
  EXPECT_EQ(values.uint32(), 5u);
  EXPECT_THROW(values.uint32(), error);
}

std::string refusal(void (*build)(message_builder&)) {
  message_builder builder = call();
  try {
    build(builder);
    static_cast<void>(builder.build());
    return "";
  } catch (const error& e) {
    EXPECT_EQ(e.name(), error_name::invalid_args);
    return e.text();
  }
}

TEST(Message, TheBuilderRefusesWhatIsNotDBus) {
  EXPECT_EQ(refusal([](auto& b) { b.object_path("a"s); }), "\"a\" is not an object path");
  EXPECT_EQ(refusal([](auto& b) { b.signature("a"s); }), "\"a\" is not a signature");
  EXPECT_NE(refusal([](auto& b) { b.string("\xff"); }), "");
  EXPECT_NE(refusal([](auto& b) { b.string({"\0", 1}); }), "");
  EXPECT_EQ(refusal([](auto& b) { b.destination("a b"s); }), "\"a b\" is not a bus name");
  EXPECT_EQ(refusal([](auto& b) { b.open_array("s").uint32(5); }),
            "a value of type 'u' where 's' wants 's'");
  EXPECT_EQ(refusal([](auto& b) { b.open_struct("s").string("").string(""); }),
            "a value of type 's' where 's' wants no more");
  EXPECT_EQ(refusal([](auto& b) { b.open_struct("su").string("").close(); }),
            "a container of 'su' is closed and 'u' is missing");
  EXPECT_EQ(refusal([](auto& b) { b.open_array("s"); }), "a container of 's' is not closed");
  EXPECT_EQ(refusal([](auto& b) { b.close(); }), "there is no container to close");
  EXPECT_EQ(refusal([](auto& b) {
              for (int i = 0; i < 256; ++i) b.byte(0);
            }),
            '"' + std::string(256, 'y') + "\" is not a signature, which has 255 letters at most");
  EXPECT_NE(refusal([](auto& b) { b.open_variant("su"s); }), "");
  EXPECT_NE(refusal([](auto& b) { b.open_array("{vs}"s); }), "");
  EXPECT_NE(refusal([](auto& b) { b.open_struct(); }), "");
  EXPECT_NE(refusal([](auto& b) { b.open_dict_entry(); }), "");
  EXPECT_NE(refusal([](auto& b) { b.fd(unique_fd()); }), "");
  EXPECT_NE(refusal([](auto& b) { b.fd(-1); }), "");
  EXPECT_EQ(refusal([](auto& b) { b = message_builder::signal("/", "a.b", "1x"s); }),
            "\"1x\" is not a member name");
  EXPECT_NE(refusal([](auto& b) {  // the required interface of a signal
              b = message_builder::signal("/", ""s, "X");
            }),
            "");
}

TEST(Message, DescriptorsBelongToTheMessage) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const unique_fd out(ends[1]);
  unique_fd in(ends[0]);
  {
    const message built = call().fd(std::move(in)).open_array("h").fd(out.get()).close().build();
    EXPECT_EQ(built.fds().size(), 2u);
    EXPECT_EQ(shown(built), "h a<h>");
    EXPECT_NE(built.body().fd(), out.get());
  }
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1);
}

}  // namespace
}  // namespace headway
