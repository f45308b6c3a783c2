// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

/// Bytes and meaning of the D-Bus protocol, without any I/O. Every parser here is total: any bytes
/// give a value or an error.
namespace headway::wire {

inline constexpr std::uint32_t message_bytes_max = 1u << 27;  // WIRE-039
inline constexpr std::uint32_t array_bytes_max = 1u << 26;    // WIRE-023
inline constexpr std::uint32_t name_bytes_max = 255;          // NAME-001
inline constexpr std::uint32_t signature_bytes_max = 255;     // WIRE-004
inline constexpr int signature_depth_max = 32;                // WIRE-009, arrays and structs each
inline constexpr int value_depth_max = 64;                    // WIRE-010, all containers together

inline constexpr std::uint8_t message_version = 1;  // WIRE-037
inline constexpr int arguments_max = 64;            // MATCH-013: arg0 .. arg63

enum class ByteOrder : std::uint8_t { little = 'l', big = 'B' };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
inline constexpr ByteOrder native_order = ByteOrder::little;
#else
inline constexpr ByteOrder native_order = ByteOrder::big;
#endif

/// A message may carry any other value from 5 to 255 as well (WIRE-032).
enum class MessageType : std::uint8_t { method_call = 1, method_return = 2, error = 3, signal = 4 };
/// "method_call" and so on, as rules and logs call them.
[[nodiscard]] constexpr std::string_view to_string(MessageType type) {
  switch (type) {
    case MessageType::method_call:
      return "method_call";
    case MessageType::method_return:
      return "method_return";
    case MessageType::error:
      return "error";
    case MessageType::signal:
      return "signal";
  }
  return "unknown";
}

/// Bits of the header's flags byte; others survive forwarding (WIRE-034).
enum Flag : std::uint8_t {
  no_reply_expected = 0x1,
  no_auto_start = 0x2,
  allow_interactive_authorization = 0x4,
};

enum class Field : std::uint8_t {
  path = 1,
  interface = 2,
  member = 3,
  error_name = 4,
  reply_serial = 5,
  destination = 6,
  sender = 7,
  signature = 8,
  unix_fds = 9,
};

}  // namespace headway::wire
