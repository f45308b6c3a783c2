// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/auth_server.h"

namespace headway::daemon {

/// What a connection is until it is authenticated: a nonce to show first, where the transport asks
/// for one (ADDR-017), then the conversation of wire::AuthServer. Freed once that is over.
class Login {
 public:
  static constexpr std::size_t nonce_bytes = 16;

  enum class State : std::uint8_t { reading, wants_cookie, begun, refused };

  /// `nonce`: nonce_bytes, or empty for none.
  Login(std::string nonce, wire::AuthServer::Options options)
      : nonce_(std::move(nonce)), auth_(std::move(options)) {}

  /// Takes bytes from the front of `input`, all of them while `reading`. What is to be sent is
  /// appended to `output`.
  State receive(Bytes& input);

  /// The answer to `wants_cookie`; then receive() goes on with what it had left.
  void provide_cookie(std::optional<wire::AuthCookie> cookie);

  /// Only when `begun`.
  [[nodiscard]] const wire::AuthServer::Identity& identity() const { return auth_.identity(); }
  /// Only when `refused`: what the peer did.
  [[nodiscard]] std::string_view refusal() const;

  std::string output;                 // the owner erases what it has sent
  std::vector<std::uint8_t> waiting;  // what receive() left when it wanted a cookie
  bool waits_for_cookie = false;
  std::optional<std::uint32_t> waits_for_user;  // whose name the supervisor was asked for

  /// Nothing is to be read until somebody else has answered.
  [[nodiscard]] bool waits() const { return waits_for_cookie || waits_for_user; }

 private:
  std::string nonce_;
  std::size_t nonce_seen_ = 0;
  bool wrong_nonce_ = false;
  wire::AuthServer auth_;
};

}  // namespace headway::daemon
