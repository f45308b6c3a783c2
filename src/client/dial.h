// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>

#include "base/fd.h"
#include "base/time.h"
#include "client/waiter.h"
#include "headway/task.h"
#include "wire/address.h"

namespace headway::client {

struct Dialed {
  Fd socket;              // close-on-exec
  bool is_local = false;  // a unix socket: descriptors can be passed, EXTERNAL can work
};

/// Connects to one alternative of an address; a nonce, if there is one, is already said. The error
/// is one line. Without a loop what can block does so until the deadline, but a name service takes
/// its own time.
///
/// unixexec: the program is a child of nobody that waits for it: it is started by a process that
/// ends at once, so that this one has no child it does not know.
[[nodiscard]] task<std::expected<Dialed, std::string>> dial(Waiter waiter, wire::AddressEntry entry,
                                                            Time deadline);

}  // namespace headway::client
