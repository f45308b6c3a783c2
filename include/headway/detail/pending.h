// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "headway/message.h"

namespace headway::client {
class CallTable;
}

namespace headway::detail {

/// A call whose reply is awaited: an entry of a connection's one table of pending calls. It lies
/// where its waiter lives (on the stack of a blocking call, in a coroutine's frame, in a slot), so
/// that nothing is allocated for it, and takes itself out of the table when it goes: destroying the
/// waiter cancels the call, whatever state that is in.
class pending {
 public:
  pending() = default;
  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  [[nodiscard]] bool is_waiting() const noexcept { return table_ != nullptr; }
  void cancel() noexcept;

 protected:
  virtual ~pending() { cancel(); }

 private:
  friend class client::CallTable;
  /// Once, when it is out of the table. May destroy the waiter, and the connection.
  virtual void complete(result<message> reply) = 0;

  client::CallTable* table_ = nullptr;
  pending* next_ = nullptr;      // of the same bucket
  std::int64_t deadline_ = 0;    // nanoseconds of the connection's clock
  std::size_t deadline_at_ = 0;  // in the heap of deadlines
  std::uint32_t serial_ = 0;
  bool jumps_queue_ = false;
};

}  // namespace headway::detail
