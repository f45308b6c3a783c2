// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "headway/detail/subscriber.h"
#include "headway/error.h"
#include "headway/message.h"

namespace headway {

/// The messages that a match rule describes, one after the other, for one coroutine:
///
///     auto rings = bus.stream("type='signal',interface='org.example.Bell'");
///     while (true) {
///       auto next = co_await rings.next();
///       if (next.missed > 0) ...                 // some were dropped before this one
///
/// It holds a bounded number that nobody took yet; what comes then is dropped and counted, so that
/// a slow reader cannot hold up anybody else. next() throws when no more can come.
class message_stream {
 public:
  struct item {
    message what;
    std::uint64_t missed = 0;  // dropped between the one before and this one
  };

  message_stream(std::shared_ptr<client::Core> core, std::string_view rule, std::size_t waiting_max)
      : inside_(std::make_unique<inside>(std::move(core), rule, waiting_max)) {}

  class next_item;
  [[nodiscard]] next_item next();

 private:
  class inside final : detail::subscriber {
   public:
    inside(std::shared_ptr<client::Core> core, std::string_view rule, std::size_t waiting_max)
        : subscriber(std::move(core), rule, when::in_turn), waiting_max_(waiting_max) {}

    std::deque<item> waiting;
    std::optional<error> over;
    std::coroutine_handle<> waiter;

   private:
    void on_message(const message& what) override {
      if (waiting.size() >= waiting_max_) {
        ++missed_;
        return;
      }
      waiting.push_back({what, std::exchange(missed_, 0)});
      resume();
    }
    void on_end(const error& why) override {
      over = why;
      resume();
    }
    void resume() {
      if (waiter) std::exchange(waiter, nullptr).resume();
    }

    std::size_t waiting_max_;
    std::uint64_t missed_ = 0;
  };

  std::unique_ptr<inside> inside_;
};

class message_stream::next_item {
 public:
  explicit next_item(inside& stream) : stream_(stream) {}
  next_item(const next_item&) = delete;
  next_item& operator=(const next_item&) = delete;
  ~next_item() {
    if (is_waiting_) stream_.waiter = nullptr;
  }

  [[nodiscard]] bool await_ready() const noexcept {
    return !stream_.waiting.empty() || stream_.over;
  }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    stream_.waiter = waiter;
    is_waiting_ = true;
  }
  item await_resume() {
    is_waiting_ = false;
    if (stream_.waiting.empty()) throw *stream_.over;
    item first = std::move(stream_.waiting.front());
    stream_.waiting.pop_front();
    return first;
  }

 private:
  inside& stream_;
  bool is_waiting_ = false;
};

inline message_stream::next_item message_stream::next() { return next_item(*inside_); }

}  // namespace headway
