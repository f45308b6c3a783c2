// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string_view>

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

}  // namespace headway::client
