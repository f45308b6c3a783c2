// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/body.h"
#include "wire/message.h"
#include "wire/types.h"

/// For tests: messages as bytes, good ones and every kind of bad one.
namespace headway::wire {

inline const auto both_orders = testing::Values(ByteOrder::little, ByteOrder::big);

inline std::string order_name(const testing::TestParamInfo<ByteOrder>& test) {
  return test.param == ByteOrder::little ? "Little" : "Big";
}

/// Two views of the same bytes.
inline void expect_same(const Message& message, const Message& expected) {
  EXPECT_EQ(message.bytes.data(), expected.bytes.data());
  EXPECT_EQ(message.bytes.size(), expected.bytes.size());
  EXPECT_EQ(message.order, expected.order);
  EXPECT_EQ(message.type, expected.type);
  EXPECT_EQ(message.flags, expected.flags);
  EXPECT_EQ(message.serial, expected.serial);
  EXPECT_EQ(message.fields_bytes, expected.fields_bytes);
  EXPECT_EQ(message.reply_serial, expected.reply_serial);
  EXPECT_EQ(message.unix_fds, expected.unix_fds);
  EXPECT_EQ(message.has_unknown_fields, expected.has_unknown_fields);
  EXPECT_EQ(message.needs_filtering, expected.needs_filtering);
  for (const auto text :
       {&Message::path, &Message::interface, &Message::member, &Message::error_name,
        &Message::destination, &Message::sender, &Message::signature}) {
    EXPECT_EQ(message.*text, expected.*text);
    EXPECT_EQ((message.*text).data() == nullptr, (expected.*text).data() == nullptr);
  }
}

class RawMessage {
 public:
  explicit RawMessage(ByteOrder order, std::uint8_t type = 1) : order_(order), head_(16) {
    head_[0] = static_cast<std::uint8_t>(order);
    head_[1] = type;
    head_[3] = message_version;
    set(8, 1);
  }

  /// A method call that needs no more.
  static RawMessage call(ByteOrder order) {
    RawMessage message(order);
    message.text(1, 'o', "/a/b").text(3, 's', "Member");
    return message;
  }

  RawMessage& text(std::uint8_t code, char type, std::string_view value) {
    begin(code, {&type, 1}).string(value);
    return *this;
  }
  RawMessage& number(std::uint8_t code, std::uint32_t value) {
    begin(code, "u").uint32(value);
    return *this;
  }
  RawMessage& signature(std::string_view value) {
    begin(8, "g").signature(value);
    return *this;
  }

  /// Starts a field; what the returned writer writes is its value.
  BodyWriter begin(std::uint8_t code, std::string_view type) {
    BodyWriter writer(head_, order_);
    writer.begin_struct();
    writer.byte(code);
    writer.signature(type);
    return writer;
  }

  /// A byte of the fixed part, as it shall be at the end.
  RawMessage& byte_at(std::size_t at, std::uint8_t value) {
    head_[at] = value;
    return *this;
  }

  [[nodiscard]] std::vector<std::uint8_t> finish(const std::vector<std::uint8_t>& body = {}) {
    set(12, static_cast<std::uint32_t>(head_.size() - 16));
    set(4, static_cast<std::uint32_t>(body.size()));
    std::vector<std::uint8_t> out = head_;
    out.resize((out.size() + 7) / 8 * 8);
    out.insert(out.end(), body.begin(), body.end());
    return out;
  }

 private:
  void set(std::size_t at, std::uint32_t value) {
    std::vector<std::uint8_t> encoded;
    BodyWriter(encoded, order_).uint32(value);
    for (std::size_t i = 0; i < encoded.size(); ++i) head_[at + i] = encoded[i];
  }

  ByteOrder order_;
  std::vector<std::uint8_t> head_;
};

/// What `write` writes.
template <class Write>
std::vector<std::uint8_t> body_of(ByteOrder order, Write write) {
  std::vector<std::uint8_t> out;
  BodyWriter writer(out, order);
  std::forward<Write>(write)(writer);
  return out;
}

}  // namespace headway::wire
