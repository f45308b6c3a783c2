// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "wire/message.h"

namespace headway::lsm {

/// What rules of security modules call the destination: a broadcast's is the bus, which is what
/// policies in the field are written for.
[[nodiscard]] inline std::string_view destination_of(const wire::Message& message) {
  return message.destination.data() != nullptr ? message.destination : "org.freedesktop.DBus";
}

}  // namespace headway::lsm
