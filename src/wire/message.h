// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/types.h"

namespace headway::wire {

/// Why bytes are not a message. The peer that sent them is disconnected (WIRE-052).
enum class Fault : std::uint8_t {
  byte_order,
  protocol_version,
  message_type,
  serial,
  too_long,
  truncated,
  padding,
  signature,
  header_field,
  duplicate_field,
  missing_field,
  reserved_name,
  boolean,
  string,
  object_path,
  array_length,
  variant,
  depth,
  body_length,
};

/// One line for a log: what is wrong, with the requirement.
[[nodiscard]] const char* describe(Fault fault);

/// Enough of a message to know its size.
inline constexpr std::size_t prologue_bytes = 16;

/// Total bytes of the message that starts with these 16, judged from them alone (WIRE-041).
/// `limit` is the receiver's own (max_message_size), at most message_bytes_max.
[[nodiscard]] std::expected<std::size_t, Fault> message_bytes(Bytes prologue, std::size_t limit);

/// A parsed message: a view into bytes that somebody else keeps. An absent string field has a null
/// data() pointer; an absent signature is the empty one (WIRE-045).
struct Message {
  Bytes bytes;  // all of it
  ByteOrder order = native_order;
  MessageType type = MessageType::method_call;
  std::uint8_t flags = 0;
  std::uint32_t serial = 0;
  std::uint32_t fields_bytes = 0;  // length of the header-fields array, without padding
  std::uint32_t reply_serial = 0;
  std::uint32_t unix_fds = 0;
  std::string_view path;
  std::string_view interface;
  std::string_view member;
  std::string_view error_name;
  std::string_view destination;
  std::string_view sender;
  std::string_view signature;
  bool has_unknown_fields = false;  // carries field codes that are not known here
  bool needs_filtering = false;     // carries these, or SENDER (BUS-009)

  // Not `= default`: g++ would clear all of it with `rep stos`, which costs 10 ns to start.
  Message() {}  // NOLINT(modernize-use-equals-default)

  [[nodiscard]] bool has(Flag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool expects_reply() const {
    return type == MessageType::method_call && !has(no_reply_expected);
  }
  [[nodiscard]] bool is_reply() const {
    return type == MessageType::method_return || type == MessageType::error;
  }
  [[nodiscard]] std::size_t head_bytes() const {  // header with its padding
    return prologue_bytes + ((std::size_t{fields_bytes} + 7) & ~std::size_t{7});
  }
  [[nodiscard]] Bytes body() const { return bytes.subspan(head_bytes()); }
};

/// The bytes that the views point to are now elsewhere too: at `to` what was at `from`.
inline void move_views(Message& message, const std::uint8_t* from, const std::uint8_t* to) {
  const auto move = [&](std::string_view& text) {
    if (text.data() == nullptr) return;
    text = {as_text({to, 0}).data() + (text.data() - as_text({from, 0}).data()), text.size()};
  };
  move(message.path);
  move(message.interface);
  move(message.member);
  move(message.error_name);
  move(message.destination);
  move(message.sender);
  move(message.signature);
}

/// Checks all of a message, header and body (WIRE-013 .. WIRE-050). `bytes` is exactly one message,
/// as message_bytes() measured it. Cost: one pass; the bytes of fixed-size arrays are not visited.
[[nodiscard]] std::expected<Message, Fault> parse_message(Bytes bytes);

/// Checks that `body` is exactly one value per type of the valid `signature` (WIRE-048).
[[nodiscard]] std::expected<void, Fault> validate_body(ByteOrder order, std::string_view signature,
                                                       Bytes body);

/// A sender's name, encoded once as a header field in both byte orders.
class SenderField {
 public:
  explicit SenderField(std::string_view name);
  [[nodiscard]] Bytes encoded(ByteOrder order) const;
  /// With zeros up to the next struct boundary.
  [[nodiscard]] Bytes padded(ByteOrder order) const;
  [[nodiscard]] std::string_view name() const;

 private:
  std::string bytes_;     // little, then big; each starts on a struct boundary and ends on one
  std::size_t size_ = 0;  // of each without its padding
};

/// The message's header as the bus forwards it: SENDER is `sender`, unknown fields and a SENDER
/// that the client wrote are gone, everything else is as it was (BUS-008 .. BUS-010). Includes the
/// padding, so that it and message.body() are the whole message. It lies in `scratch`, which grows
/// as needed.
///
/// `message` is one that parse_message() accepted. The result is up to 272 bytes longer than it and
/// may thereby exceed message_bytes_max: who forwards messages that long checks that.
/// Cost: a copy of the header; nothing is allocated once `scratch` is large enough.
[[nodiscard]] Bytes stamp_header(const Message& message, const SenderField& sender,
                                 std::vector<std::uint8_t>& scratch);

}  // namespace headway::wire
