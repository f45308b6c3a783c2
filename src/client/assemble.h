// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <vector>

#include "base/bytes.h"
#include "headway/message.h"
#include "wire/build.h"
#include "wire/message.h"

namespace headway::client {

/// A message of our own. Its names and its body are checked, so that no bus ends the connection for
/// them. A header like one that was made lately is copied and stamped with what is its own: flags,
/// sizes and the serial it answers. The serial comes when it is sent; `fields` has none.
[[nodiscard]] std::expected<message, wire::Fault> assemble(const wire::HeaderFields& fields,
                                                           Bytes body,
                                                           std::vector<unique_fd>&& fds);

}  // namespace headway::client
