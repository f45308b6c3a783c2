// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/core.h"
#include "client/waiter.h"
#include "headway/connection.h"

/// From an address or a socket to a connection that is logged in and, on a bus, has its name.
/// Without a loop in the waiter these sleep; with one they do not, and the connection is not
/// attached yet.
namespace headway::client {

using Opened = result<std::shared_ptr<Core>>;

/// Tries the alternatives of the address in turn.
[[nodiscard]] task<Opened> open_address(Waiter waiter, std::string address,
                                        connection_options options);
/// As the side that logs in.
[[nodiscard]] task<Opened> open_socket(Waiter waiter, Fd socket, connection_options options);
/// The same, asleep in `world`.
[[nodiscard]] Opened open_socket(Fd socket, const connection_options& options, Surroundings& world);

struct ServerTerms {
  std::string guid;                  // 32 hex digits
  std::optional<std::uint32_t> uid;  // may come in, if the client claims to be that
  bool anonymous = false;            // anybody may
};
/// As the side that is logged in to.
[[nodiscard]] task<Opened> accept_socket(Waiter waiter, Fd socket, ServerTerms terms,
                                         connection_options options);
/// Both ends of a socket, logged in from the start.
[[nodiscard]] result<std::pair<std::shared_ptr<Core>, std::shared_ptr<Core>>> open_pair(
    const connection_options& options);

}  // namespace headway::client
