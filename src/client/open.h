// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "client/core.h"
#include "headway/connection.h"

/// From an address to a connection that is logged in and, on a bus, has its name.
namespace headway::client {

/// Tries the alternatives of the address in turn.
[[nodiscard]] result<std::shared_ptr<Core>> open_address(std::string_view address,
                                                         const connection_options& options);
[[nodiscard]] result<std::shared_ptr<Core>> open_socket(Fd socket,
                                                        const connection_options& options,
                                                        Surroundings& surroundings);
/// Both ends of a socket, logged in from the start.
[[nodiscard]] result<std::pair<std::shared_ptr<Core>, std::shared_ptr<Core>>> open_pair(
    const connection_options& options);

}  // namespace headway::client
