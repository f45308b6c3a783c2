// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "headway/connection.h"

namespace headway::tool {

/// connection::open(), with errors returned: what cannot be reached is no exception to a program
/// that is given an address.
[[nodiscard]] result<connection> open_bus(bus which);
[[nodiscard]] result<connection> open_bus(std::string_view address,
                                          const connection_options& options = {});
/// What listens there is no bus.
[[nodiscard]] result<connection> open_peer(std::string_view address);

}  // namespace headway::tool
