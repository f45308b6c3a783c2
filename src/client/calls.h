// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "headway/detail/pending.h"

namespace headway::client {

using detail::pending;

/// The calls of one connection that wait for their replies, by serial and by deadline. Its entries
/// belong to those who wait. Blocking calls, callbacks and coroutines differ only in what
/// pending::complete() does.
///
/// Pure. Cost: add, take and cancel are a probe of a table whose keys count up, and a step or two
/// in a heap: O(log calls) at worst. Allocates only to grow.
class CallTable {
 public:
  CallTable();
  CallTable(const CallTable&) = delete;
  CallTable& operator=(const CallTable&) = delete;
  ~CallTable();

  struct Terms {
    std::uint32_t serial = 0;
    std::optional<Time> deadline = {};  // none: as long as the connection lives
    /// Completed when the reply arrives, ahead of what came before it and was not yet dispatched.
    bool jumps_queue = false;
  };
  /// `call` waits for nothing yet.
  void add(pending& call, const Terms& terms);

  /// Null if nobody waits for that serial.
  [[nodiscard]] pending* find(std::uint32_t serial) const;
  [[nodiscard]] static bool jumps_queue(const pending& call) { return call.jumps_queue_; }

  /// Takes it out and tells it.
  void complete(pending& call, result<message> reply);
  /// Takes it out.
  void remove(pending& call) noexcept;

  [[nodiscard]] std::optional<Time> next_deadline() const;
  /// What a call is told whose time is over.
  [[nodiscard]] static error no_reply();
  /// Tells one call whose time is over by `now`; false if there is none.
  bool expire_one(Time now);
  /// Tells one call, any, that there will be no reply; false if none was left.
  bool fail_one(const error& why);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  [[nodiscard]] pending*& bucket(std::uint32_t serial) {
    return buckets_[serial & (buckets_.size() - 1)];
  }
  void grow();
  void place(std::size_t at, pending& call);
  void rise(std::size_t at, pending& call);
  void sink(std::size_t at, pending& call);
  void take_deadline(pending& call) noexcept;

  std::vector<pending*> buckets_;    // a power of two
  std::vector<pending*> deadlines_;  // a heap, the earliest first
  std::size_t size_ = 0;
};

}  // namespace headway::client
