// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "headway/loop.h"
#include "headway/task.h"

/// What the adapters to other libraries' loops share. To adapt one more, write an entry: a class
/// with watch(), wake() and post() that is made from (Context, loop::source&), tells that source,
/// and withdraws everything when it is destroyed, which may be while it tells.
namespace headway::detail {

/// Runs coroutines until they are done, or until it is destroyed: then they are cancelled.
class nursery {
 public:
  nursery() = default;
  nursery(const nursery&) = delete;
  nursery& operator=(const nursery&) = delete;
  ~nursery() {
    while (!running_.empty()) {
      const auto frame = std::coroutine_handle<>::from_address(*running_.begin());
      running_.erase(running_.begin());
      frame.destroy();
    }
  }

  void spawn(task<void> work) { run(*this, std::move(work)); }

 private:
  /// Owns the task; its frame ends with it.
  struct keeper {
    struct promise_type {
      promise_type(nursery& owner, task<void>&) noexcept : home(owner) {}
      ~promise_type() {
        home.running_.erase(std::coroutine_handle<promise_type>::from_promise(*this).address());
      }
      keeper get_return_object() {
        home.running_.insert(std::coroutine_handle<promise_type>::from_promise(*this).address());
        return {};
      }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
      [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
      nursery& home;
    };
  };
  static keeper run(nursery&, task<void> work) { co_await work; }

  std::unordered_set<void*> running_;
};

/// What a source wants to be woken for, for loops that have one timer for it.
class alarm {
 public:
  using time_point = loop::time_point;

  void set(std::optional<time_point> when) noexcept { deadline_ = when; }
  void post() noexcept { is_posted_ = true; }
  /// When to ring: time_point::min() for soon; none: never.
  [[nodiscard]] std::optional<time_point> next() const noexcept {
    return is_posted_ ? time_point::min() : deadline_;
  }
  /// From now until then in whole T, rounded up; for next() that is not none.
  template <class T>
  [[nodiscard]] static T left(time_point when, time_point now) {
    return when <= now ? T(0) : std::chrono::ceil<T>(when - now);
  }
  /// A timer has ended: what is due is done. False if nothing was, because the timer counts coarser
  /// units than the clock.
  bool ring(time_point now) noexcept {
    const bool is_due = deadline_ && *deadline_ <= now;
    if (is_due) deadline_.reset();
    return std::exchange(is_posted_, false) || is_due;
  }

 private:
  bool is_posted_ = false;
  std::optional<time_point> deadline_;
};

template <class Entry, class Context>
class adapter : public loop {
 public:
  adapter(const adapter&) = delete;
  adapter& operator=(const adapter&) = delete;

  /// Starts a coroutine now and keeps it until it is done or the adapter ends. What it throws ends
  /// the program: there is nobody to catch it.
  void spawn(task<void> work) { tasks_->spawn(std::move(work)); }

  void watch(source& who, int fd, bool to_write) final { entry_of(who).watch(fd, to_write); }
  void forget(source& who) noexcept final { entries_.erase(&who); }
  void wake(source& who, std::optional<time_point> when) final { entry_of(who).wake(when); }
  void post(source& who) final { entry_of(who).post(); }
  [[nodiscard]] time_point now() const final { return std::chrono::steady_clock::now(); }

 protected:
  explicit adapter(Context context) : context_(std::move(context)), tasks_(new nursery) {}
  /// Cancels the coroutines and closes the connections that are attached.
  ~adapter() {
    tasks_.reset();
    while (!entries_.empty()) {
      source* const who = entries_.begin()->first;
      forget(*who);
      who->loop_ended();
    }
  }
  [[nodiscard]] const Context& context() const noexcept { return context_; }

 private:
  Entry& entry_of(source& who) {
    auto& entry = entries_[&who];
    if (!entry) entry = std::make_unique<Entry>(context_, who);
    return *entry;
  }

  Context context_;
  std::unordered_map<source*, std::unique_ptr<Entry>> entries_;
  std::unique_ptr<nursery> tasks_;
};

}  // namespace headway::detail
