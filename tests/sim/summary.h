// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "wire/message.h"

namespace headway::sim {

/// What a delivered message says, in one line that can be compared: type, sender, destination,
/// reply serial, names and arguments. The bus's own serials and error texts are left out, for the
/// bus is free in them.
[[nodiscard]] std::string summarize(const wire::Message& message);

}  // namespace headway::sim
