// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/message.h"

namespace headway::wire {

/// What a message of our own says in its header; empty strings and zeros are left out.
struct HeaderFields {
  MessageType type = MessageType::method_call;
  std::uint8_t flags = 0;
  std::uint32_t serial = 0;
  std::uint32_t reply_serial = 0;
  std::uint32_t unix_fds = 0;
  std::string_view path = {};
  std::string_view interface = {};
  std::string_view member = {};
  std::string_view error_name = {};
  std::string_view destination = {};
  std::string_view sender = {};
  std::string_view signature = {};
  ByteOrder order = native_order;
};

/// Replaces `out` by the encoded message and gives the view of it that parse_message() would give.
/// `body` must be encoded in `fields.order` and match `fields.signature`. Names are trusted to be
/// valid: they come from us or from a parsed message. Allocates only when `out` is too small.
Message build_message(const HeaderFields& fields, Bytes body, std::vector<std::uint8_t>& out);

}  // namespace headway::wire
