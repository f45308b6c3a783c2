// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <utility>

#include "headway/fd.h"
#include "headway/loop.h"

namespace headway::machined {

/// Calls once when a process has ended. Whoever is called may destroy the watch.
class LeaderWatch final : loop::source {
 public:
  LeaderWatch(loop& runner, unique_fd pidfd, std::function<void()> on_end);
  LeaderWatch(const LeaderWatch&) = delete;
  LeaderWatch& operator=(const LeaderWatch&) = delete;
  ~LeaderWatch();

  [[nodiscard]] const unique_fd& pidfd() const { return pidfd_; }

 private:
  void ready() override;
  void loop_ended() noexcept override { loop_ = nullptr; }

  loop* loop_;
  unique_fd pidfd_;
  std::function<void()> on_end_;
};

}  // namespace headway::machined
