// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/time.h"

namespace headway::client {

/// What a connection needs of the world besides its socket: to know the time and to sleep. A test
/// has one in which time passes when the test says so.
class Surroundings {
 public:
  virtual ~Surroundings() = default;

  [[nodiscard]] virtual Time now() = 0;
  /// Sleeps until `socket` can be read, or written if that is wanted too, or until `deadline`,
  /// which may be past. May return before.
  virtual void wait(int socket, bool to_write, std::optional<Time> deadline) = 0;
  /// Whether a connection may sleep in a read instead, which saves a system call.
  [[nodiscard]] virtual bool may_sleep_in_read() const = 0;
};

/// The kernel's monotonic clock and ppoll().
[[nodiscard]] Surroundings& real_surroundings();

}  // namespace headway::client
