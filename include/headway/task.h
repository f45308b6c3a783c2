// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace headway {

template <class T>
class task;

namespace detail {

/// Where a coroutine's value or exception goes.
template <class T>
class result_slot {
 public:
  template <class U>
  void set(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  void fail(std::exception_ptr why) noexcept { failure_ = std::move(why); }
  T get() && {
    if (failure_) std::rethrow_exception(std::move(failure_));
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
  std::exception_ptr failure_;
};
template <>
class result_slot<void> {
 public:
  void fail(std::exception_ptr why) noexcept { failure_ = std::move(why); }
  void get() && {
    if (failure_) std::rethrow_exception(std::move(failure_));
  }

 private:
  std::exception_ptr failure_;
};

class promise_base {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  /// On to who awaits it, without growing the stack.
  auto final_suspend() noexcept {
    struct awaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept { return next; }
      void await_resume() noexcept {}
      std::coroutine_handle<> next;
    };
    return awaiter{continuation_};
  }
  void continue_with(std::coroutine_handle<> next) noexcept { continuation_ = next; }

 private:
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

template <class T>
class promise : public promise_base {
 public:
  task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    result.set(std::forward<U>(value));
  }
  void unhandled_exception() noexcept { result.fail(std::current_exception()); }

  result_slot<T> result;
};
template <>
class promise<void> : public promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void unhandled_exception() noexcept { result.fail(std::current_exception()); }

  result_slot<void> result;
};

}  // namespace detail

/// A coroutine that gives a T, once. It starts when it is awaited (or run by a loop), in the thread
/// that does so. Destroying a task that is not done cancels it: its frame goes, with it every call
/// it awaits and every task it awaits.
///
/// With g++ 12 write `auto r = co_await f(x);` with x a name or a plain value, and use r then: a
/// co_await inside a condition, inside an initializer or with a braced aggregate as an argument is
/// compiled wrongly.
template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::promise<T>;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool is_done() const noexcept { return frame_.done(); }
  /// Once, and only if nobody awaits it.
  void start() const { frame_.resume(); }
  /// Once, when it is done.
  T get() && { return std::move(frame_.promise().result).get(); }

  auto operator co_await() const noexcept {
    struct awaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> next) noexcept {
        frame.promise().continue_with(next);
        return frame;
      }
      T await_resume() { return std::move(frame.promise().result).get(); }
      std::coroutine_handle<promise_type> frame;
    };
    return awaiter{frame_};
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<promise>::from_promise(*this));
}
inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<promise>::from_promise(*this));
}

}  // namespace detail

}  // namespace headway
