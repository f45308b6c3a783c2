// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "headway/connection.h"
#include "headway/error.h"

namespace headway::client {

/// Where the well-known bus is, as the environment says (ADDR-023 .. ADDR-026). Of a program with
/// more privileges than its caller's, nothing of the environment is believed.
[[nodiscard]] result<std::string> address_of(bus which);

}  // namespace headway::client
