// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/time.h"
#include "client/surroundings.h"
#include "headway/loop.h"
#include "headway/task.h"

namespace headway::client {

/// How opening a connection waits: in a loop, or asleep if there is none. What is written once as a
/// coroutine is then both: without a loop it never suspends.
struct Waiter {
  Surroundings* surroundings = &real_surroundings();
  loop* runner = nullptr;

  [[nodiscard]] Time now() const {
    return runner != nullptr ? Time(runner->now().time_since_epoch()) : surroundings->now();
  }
};

/// `co_await` it: until `fd` can be read or, if that is wanted too, written, or until `deadline`;
/// perhaps less long. An fd of -1: until the deadline.
class Moment final : loop::source {
 public:
  Moment(const Waiter& waiter, int fd, bool to_write, Time deadline)
      : waiter_(waiter), fd_(fd), to_write_(to_write), deadline_(deadline) {}
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;
  ~Moment() { leave(); }

  [[nodiscard]] bool await_ready() {
    if (waiter_.runner != nullptr) return false;
    waiter_.surroundings->wait(fd_, to_write_, deadline_);
    return true;
  }
  void await_suspend(std::coroutine_handle<> sleeper) {
    sleeper_ = sleeper;
    if (fd_ >= 0) waiter_.runner->watch(*this, fd_, to_write_);
    waiter_.runner->wake(*this, loop::time_point(deadline_.time_since_epoch()));
  }
  void await_resume() { leave(); }

 private:
  void ready() override { sleeper_.resume(); }
  void loop_ended() noexcept override { waiter_.runner = nullptr; }
  void leave() noexcept {
    if (waiter_.runner != nullptr) waiter_.runner->forget(*this);
    waiter_.runner = nullptr;
  }

  Waiter waiter_;
  int fd_;
  bool to_write_;
  Time deadline_;
  std::coroutine_handle<> sleeper_;
};

/// The result of a coroutine that had no loop to wait in.
template <class T>
T run_asleep(task<T> work) {
  work.start();
  HEADWAY_ASSERT(work.is_done());
  return std::move(work).get();
}

}  // namespace headway::client
