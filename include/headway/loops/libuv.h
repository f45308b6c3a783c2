// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <cstdint>
#include <new>
#include <system_error>

#include "headway/loops/adapter.h"

namespace headway {

namespace detail {

/// libuv frees a handle's memory back to us some time after it was closed.
template <class Handle>
struct uv_close_later {
  void operator()(Handle* handle) const noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
};

class libuv_entry {
 public:
  libuv_entry(uv_loop_t* uv, loop::source& who) : uv_(uv), who_(who), timer_(new uv_timer_t) {
    uv_timer_init(uv_, timer_.get());
    timer_->data = this;
  }
  libuv_entry(const libuv_entry&) = delete;
  libuv_entry& operator=(const libuv_entry&) = delete;

  void watch(int fd, bool to_write) {
    if (fd != fd_) {
      poll_.reset();
      auto fresh = std::make_unique<uv_poll_t>();
      check(uv_poll_init(uv_, fresh.get(), fd));
      poll_.reset(fresh.release());
      poll_->data = this;
      fd_ = fd;
    } else if (to_write == to_write_) {
      return;
    }
    to_write_ = to_write;
    check(uv_poll_start(poll_.get(), UV_READABLE | (to_write ? UV_WRITABLE : 0), on_poll));
  }
  void wake(std::optional<loop::time_point> when) {
    alarm_.set(when);
    arm();
  }
  void post() {
    alarm_.post();
    arm();
  }

 private:
  static void check(int outcome) {
    if (outcome < 0) throw std::system_error(-outcome, std::generic_category(), "libuv");
  }
  static void on_poll(uv_poll_t* handle, int, int) noexcept {
    static_cast<libuv_entry*>(handle->data)->who_.ready();
  }
  static void on_timer(uv_timer_t* handle) noexcept {
    libuv_entry& self = *static_cast<libuv_entry*>(handle->data);
    const bool is_due = self.alarm_.ring(std::chrono::steady_clock::now());
    self.arm();
    if (is_due) self.who_.ready();
  }
  void arm() {
    const auto next = alarm_.next();
    if (!next) return static_cast<void>(uv_timer_stop(timer_.get()));
    using std::chrono::milliseconds;
    uv_update_time(uv_);  // what it counts from
    const auto left = alarm::left<milliseconds>(*next, std::chrono::steady_clock::now()).count();
    uv_timer_start(timer_.get(), on_timer, static_cast<std::uint64_t>(left), 0);
  }

  uv_loop_t* uv_;
  loop::source& who_;
  int fd_ = -1;
  bool to_write_ = false;
  std::unique_ptr<uv_poll_t, uv_close_later<uv_poll_t>> poll_;
  std::unique_ptr<uv_timer_t, uv_close_later<uv_timer_t>> timer_;
  alarm alarm_;
};

}  // namespace detail

/// A uv_loop_t as a loop: for programs of libuv. Lives as long as the connections that are attached
/// to it, which it closes otherwise. What a handler throws ends the program: C lies between it and
/// any catch. A connection that is attached keeps uv_run() running; after the last is gone, one
/// more uv_run() gives libuv's handles back.
///
///     headway::libuv_loop loop(uv_default_loop());
///     bus.attach(loop);
///     loop.spawn(work(bus));
///     uv_run(uv_default_loop(), UV_RUN_DEFAULT);
class libuv_loop final : public detail::adapter<detail::libuv_entry, uv_loop_t*> {
 public:
  explicit libuv_loop(uv_loop_t* uv) : adapter(uv) {}
};

}  // namespace headway
