// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>

#include "base/fd.h"
#include "base/time.h"
#include "wire/address.h"

namespace headway::client {

struct Dialed {
  Fd socket;              // blocking, close-on-exec
  bool is_local = false;  // a unix socket: descriptors can be passed, EXTERNAL can work
};

/// Connects to one alternative of an address; a nonce, if there is one, is already said. What can
/// block does so for `limit` at most; a name service takes its own time. The error is one line.
///
/// unixexec: the program is a child of nobody that waits for it: it is started by a process that
/// ends at once, so that this one has no child it does not know.
[[nodiscard]] std::expected<Dialed, std::string> dial(const wire::AddressEntry& entry,
                                                      Duration limit);

}  // namespace headway::client
