// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "headway/connection.h"
#include "headway/loop.h"
#include "headway/task.h"

namespace headway {

namespace client {
class Listening;
}

struct server_options {
  admission who = {};
  /// Those logging in, and those that are open. More wait at the socket until one has gone.
  std::size_t connections_max = 64;
  /// Of each connection; login_limit is how long a login may take. There is no bus, so `hello` and
  /// `reconnect` mean nothing here.
  connection_options connections = {};
};

/// Takes connections of peers, without a bus between them and this program.
///
///     headway::server server(loop, "unix:path=/run/user/1000/thermo", [&](connection peer) {
///       peers.emplace_back(peer, peer.serve<Thermostat1>("/thermostat"));
///     });
///
/// The handler is called from the loop with each peer that has logged in; the loop serves it, and
/// nothing of what it sent has been looked at. It is open as long as anybody has it. A handler may
/// be a coroutine: the server keeps it, and its connection with it, until it is done; then only
/// others may destroy the server. What a handler throws comes out of the loop.
///
/// Addresses: unix:path=, unix:abstract=, unix:dir=, unix:tmpdir=, unix:runtime=yes, and systemd:
/// for the sockets that a service manager handed over. Not tcp: nobody can show there who it is.
/// Whoever can reach the socket is asked who it is; the mode of a socket's file lets everybody try.
class server {
 public:
  /// Listens. Throws headway::error: bad_address; failed, if that cannot be listened at.
  template <class Handler>
  server(loop& runner, std::string_view address, Handler on_peer,
         const server_options& options = {})
      : server(runner, address, wrap(std::move(on_peer)), options) {}
  server(server&&) noexcept;
  server& operator=(server&&) noexcept;
  /// No more are taken; logins under way and handlers that are coroutines end; the socket's file
  /// goes. Connections that somebody has stay.
  ~server();

  /// What clients connect to, with the server's id.
  [[nodiscard]] const std::string& address() const noexcept;
  /// How many are logging in or open.
  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  using handler = std::function<std::optional<task<void>>(connection)>;
  server(loop& runner, std::string_view address, handler on_peer, const server_options& options);

  template <class Handler>
  static handler wrap(Handler on_peer) {
    return [on_peer = std::move(on_peer)](connection peer) mutable -> std::optional<task<void>> {
      if constexpr (std::is_void_v<std::invoke_result_t<Handler&, connection>>) {
        on_peer(std::move(peer));
        return std::nullopt;
      } else {
        return on_peer(std::move(peer));
      }
    };
  }

  std::shared_ptr<client::Listening> inside_;
};

}  // namespace headway
