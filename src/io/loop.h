// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/fd.h"
#include "base/time.h"
#include "io/error.h"

namespace headway::io {

/// Tells which descriptors are ready: epoll, level-triggered, one thread. What is ready is named by
/// the tag it was added with; no callbacks, so a turn reads from top to bottom where it is run.
class Loop {
 public:
  /// Ready descriptors reported by one wait(); the kernel takes turns among more.
  static constexpr int events_max = 256;
  /// Taken.
  static constexpr std::uint64_t timer_tag = ~std::uint64_t{0};

  [[nodiscard]] static Result<Loop> create();

  /// Readable when something is: a loop can be a part of another.
  [[nodiscard]] int fd() const { return fd_.get(); }

  [[nodiscard]] Result<void> add(int fd, std::uint32_t events, std::uint64_t tag);
  void change(int fd, std::uint32_t events, std::uint64_t tag);
  /// Closing the last reference to a descriptor does the same.
  void remove(int fd);

  /// Sleeps until something is ready or `deadline`; none: for as long as it takes. May return
  /// nothing before that. The result holds until the next call; data.u64 is the tag, never
  /// `timer_tag`.
  ///
  /// Cost: one system call. The kernel is told of a deadline only if it is the earliest so far, and
  /// not when it passes away: a timeout in every sleep would cost more than the rest of it.
  [[nodiscard]] std::span<const epoll_event> wait(std::optional<Time> deadline);
  /// What is ready now, without sleeping.
  [[nodiscard]] std::span<const epoll_event> poll();

 private:
  Loop(Fd fd, Fd timer);
  std::span<const epoll_event> wait_for(int milliseconds);
  void set_timer(std::optional<Time> time);

  Fd fd_;
  Fd timer_;
  std::optional<Time> timer_set_to_;
  std::unique_ptr<epoll_event[]> events_;
};

}  // namespace headway::io
