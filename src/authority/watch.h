// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "headway/loop.h"

namespace headway::authority {

/// One descriptor, one time, or one thing to do soon, in a loop. Nothing any more once this goes.
class Watch final : loop::source {
 public:
  Watch(loop& runner, std::function<void()> called) : loop_(&runner), called_(std::move(called)) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { forget(); }

  void watch(int fd, bool to_write = false) {
    if (loop_ != nullptr) loop_->watch(*this, fd, to_write);
  }
  void wake(std::optional<loop::time_point> when) {
    if (loop_ != nullptr) loop_->wake(*this, when);
  }
  void post() {
    if (loop_ != nullptr) loop_->post(*this);
  }
  void forget() {
    if (loop_ != nullptr) loop_->forget(*this);
  }

 private:
  void ready() override { called_(); }
  void loop_ended() noexcept override { loop_ = nullptr; }

  loop* loop_;
  std::function<void()> called_;
};

}  // namespace headway::authority
