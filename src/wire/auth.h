// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

/// What both sides of the authentication conversation share. See auth_server.h, auth_client.h.
namespace headway::wire {

/// Longest line, and most unsent answers, of a conversation (AUTH-005).
inline constexpr std::size_t auth_bytes_max = 16 * 1024;

enum class AuthMechanism : std::uint8_t { external, cookie_sha1, anonymous };

/// The name on the wire: "EXTERNAL", "DBUS_COOKIE_SHA1", "ANONYMOUS".
[[nodiscard]] std::string_view to_string(AuthMechanism mechanism);
/// Nothing for a mechanism nobody here knows. Case counts.
[[nodiscard]] std::optional<AuthMechanism> auth_mechanism(std::string_view name);

/// A word and what follows the spaces or tabs behind it (AUTH-004).
struct AuthWords {
  std::string_view first;
  std::string_view rest;
};
[[nodiscard]] AuthWords split_auth_line(std::string_view line);

/// A decimal user id, digits only and nothing else. (uid_t)-1 is nobody's (AUTH-028).
[[nodiscard]] std::optional<std::uint32_t> parse_uid(std::string_view text);

/// Puts lines together from bytes that arrive split anywhere (AUTH-003, AUTH-047). Only CR LF ends
/// a line. Never takes a byte beyond the line it returns (AUTH-008). Keeps at most auth_bytes_max.
class AuthLineReader {
 public:
  enum class Result : std::uint8_t { incomplete, line, too_long };

  /// Takes bytes off the front of `input`. After `line`, line() holds until the next call.
  [[nodiscard]] Result read(Bytes& input);
  /// Without its CR LF.
  [[nodiscard]] std::string_view line() const { return line_; }

 private:
  std::string line_;
  bool complete_ = false;
};

}  // namespace headway::wire
