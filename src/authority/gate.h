// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>

namespace headway::authority {

/// Lets so many coroutines through at a time; others wait, in the order in which they came. Who
/// waits may be destroyed. Outlives its places and who waits.
///
///     const Gate::Place place = co_await gate.enter();
class Gate {
 public:
  explicit Gate(std::size_t places) : free_(places) {}

  class Place {
   public:
    explicit Place(Gate& gate) : gate_(&gate) {}
    Place(Place&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  class Waiter {
   public:
    explicit Waiter(Gate& gate) : gate_(gate) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { std::erase(gate_.waiting_, this); }

    [[nodiscard]] bool await_ready() {
      if (gate_.free_ == 0) return false;
      --gate_.free_;
      return true;
    }
    void await_suspend(std::coroutine_handle<> who) {
      who_ = who;
      gate_.waiting_.push_back(this);
    }
    [[nodiscard]] Place await_resume() { return Place(gate_); }

   private:
    friend Gate;
    Gate& gate_;
    std::coroutine_handle<> who_;
  };

  [[nodiscard]] Waiter enter() { return Waiter(*this); }

 private:
  /// The place goes to who waits longest.
  void leave() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    Waiter* const next = waiting_.front();
    waiting_.pop_front();
    next->who_.resume();
  }

  std::size_t free_;
  std::deque<Waiter*> waiting_;
};

}  // namespace headway::authority
