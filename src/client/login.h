// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "wire/auth_client.h"
#include "wire/auth_server.h"

namespace headway::client {

/// The conversation before messages, from whichever side.
class Login {
 public:
  enum class State : std::uint8_t { talking, begun, failed };

  virtual ~Login() = default;

  /// Once, first: what this side has to say unasked.
  virtual void start(std::string& output) = 0;
  /// Takes bytes as they came and appends answers to `output`. How many it took: all of them while
  /// `talking`; what it left when `begun` are messages.
  virtual std::size_t receive(Bytes input, std::string& output) = 0;

  [[nodiscard]] virtual State state() const = 0;
  /// When `begun`.
  [[nodiscard]] virtual bool fds_agreed() const = 0;
  /// The server's.
  [[nodiscard]] virtual const std::string& guid() const = 0;
  /// When `failed`: one line for a person.
  [[nodiscard]] virtual std::string what_happened() const = 0;
  /// When `failed`: another way to log in might have been accepted.
  [[nodiscard]] virtual bool was_rejected() const = 0;
};

/// Looks for cookies in this user's keyring, if it is asked for one.
[[nodiscard]] std::unique_ptr<Login> login_as_client(wire::AuthClient::Options options);
/// Knows no cookies.
[[nodiscard]] std::unique_ptr<Login> login_as_server(wire::AuthServer::Options options);

}  // namespace headway::client
