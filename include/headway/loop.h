// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "headway/task.h"

namespace headway {

namespace client {
class Surroundings;
}

/// What a connection needs of an event loop: five functions. Whoever has a loop already derives
/// from this and forwards; whoever has none takes event_loop. One loop, its connections and the
/// coroutines that use them belong to one thread.
class loop {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Who is told. A loop that ends before its sources tells them so.
  class source {
   public:
    /// Something it asked for has happened; perhaps nothing. May take any source out of the loop.
    virtual void ready() = 0;
    virtual void loop_ended() noexcept = 0;

   protected:
    ~source() = default;
  };

  /// ready() when `fd` can be read or, if that is wanted too, written. Again: replaces that.
  virtual void watch(source& who, int fd, bool to_write) = 0;
  /// Forgets everything that was asked for. Before its descriptor is closed.
  virtual void forget(source& who) noexcept = 0;
  /// ready() at that time; none: never. Again: replaces that.
  virtual void wake(source& who, std::optional<time_point> when) = 0;
  /// ready() soon, before the loop sleeps, but not now.
  virtual void post(source& who) = 0;
  /// On the clock of wake().
  [[nodiscard]] virtual time_point now() const = 0;

 protected:
  ~loop() = default;
};

/// A loop for programs that have none: epoll.
///
///     event_loop loop;
///     auto bus = connection::open(bus::session);
///     bus.attach(loop);
///     loop.run(work(bus));
class event_loop final : public loop {
 public:
  event_loop();
  /// For the library's own parts: one that sleeps in another world, which outlives it.
  explicit event_loop(client::Surroundings& world);
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  /// Destroys the tasks that were spawned and are not done.
  ~event_loop();

  /// Runs until stop().
  void run();
  /// Runs until the task is done; its value, or what it throws.
  template <class T>
  T run(task<T> work) {
    work.start();
    while (!work.is_done()) turn();
    return std::move(work).get();
  }
  /// Starts it now and keeps it until it is done. What it throws comes out of run().
  void spawn(task<void> work);
  void stop() noexcept { is_stopped_ = true; }
  /// Sleeps until something happens, and handles it.
  void turn();

  class sleeper;
  /// `co_await loop.sleep(2s);`
  [[nodiscard]] sleeper sleep(std::chrono::nanoseconds duration);

  void watch(source& who, int fd, bool to_write) override;
  void forget(source& who) noexcept override;
  void wake(source& who, std::optional<time_point> when) override;
  void post(source& who) override;
  [[nodiscard]] time_point now() const override;

  /// Runs it here, soon, behind what was passed before. The only function that other threads may
  /// call; the loop must not end meanwhile. What it throws comes out of run(). What was not run
  /// when the loop ends is destroyed then. Throws error_name::limits_exceeded when 65,536 wait.
  void post(std::function<void()> work);

 private:
  struct state;
  void end_done_tasks();

  std::unique_ptr<state> state_;
  std::vector<task<void>> spawned_;
  bool is_stopped_ = false;
};

class event_loop::sleeper final : source {
 public:
  sleeper(event_loop& loop, time_point until) : loop_(loop), until_(until) {}
  sleeper(const sleeper&) = delete;
  sleeper& operator=(const sleeper&) = delete;
  ~sleeper() { loop_.forget(*this); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    loop_.wake(*this, until_);
  }
  void await_resume() const noexcept {}

 private:
  void ready() override {
    if (loop_.now() >= until_) waiter_.resume();
  }
  void loop_ended() noexcept override {}

  event_loop& loop_;
  time_point until_;
  std::coroutine_handle<> waiter_;
};

inline event_loop::sleeper event_loop::sleep(std::chrono::nanoseconds duration) {
  return {*this, now() + duration};
}

}  // namespace headway
