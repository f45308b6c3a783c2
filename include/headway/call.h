// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "headway/detail/pending.h"
#include "headway/message.h"
#include "headway/named_error.h"
#include "headway/slot.h"

namespace headway {

namespace client {
class Core;
class PropertyCache;
}  // namespace client

namespace detail {

/// A call that is ready to be sent.
struct request {
  std::shared_ptr<client::Core> core;
  message what;
  std::optional<std::chrono::nanoseconds> limit;  // none: for as long as it takes
  std::uint8_t flags = 0;
  std::span<const known_error> errors = {};           // thrown as what they are
  std::shared_ptr<client::PropertyCache> cache = {};  // may know the answer

  /// Sends it and sleeps until the reply is there.
  [[nodiscard]] result<message> wait() const;
  /// Sends it, wanting no reply.
  void send() const;
  /// Sends it; `waiter` is told. False if it could not be sent: why is in `failure`.
  [[nodiscard]] bool start(pending& waiter, std::optional<error>& failure) const;
};

[[nodiscard]] error stopped();

template <class T>
struct unwrapped {
  using type = T;
  static constexpr bool is_result = false;
};
template <class T>
struct unwrapped<result<T>> {
  using type = T;
  static constexpr bool is_result = true;
};

}  // namespace detail

/// A method call about to be made. Nothing has happened yet: it is sent when it is told how its
/// reply is to be awaited, and then it is gone.
///
///     auto reply = connection.call(what).wait();                       // sleeps; throws errors
///     auto reply = connection.call(what).within(2s).as_result().wait();  // result<message>
///     auto reply = co_await connection.call(what).within(2s);          // on the connection's loop
///     slot waiting = connection.call(what).then([](result<message> reply) { ... });
///     connection.call(what).no_reply();
///
/// All of these are faces of one table of pending calls. Destroying the coroutine or the slot that
/// waits cancels the call, and nobody is told then. So does a stop_token, which must be triggered
/// in the connection's thread; whoever waits continues then with error_name::canceled. A call that
/// was sent may be executed by the service even if nobody waits for the reply any more.
template <class T>
class [[nodiscard]] call {
 public:
  using value_type = typename detail::unwrapped<T>::type;
  using decoder = value_type (*)(const message& reply);

  call(detail::request what, decoder decode) : request_(std::move(what)), decode_(decode) {}

  /// How long the reply may take, instead of 25 seconds.
  call within(std::chrono::nanoseconds limit) && {
    request_.limit = limit;
    return std::move(*this);
  }
  /// Waits for as long as the connection lives.
  call without_limit() && {
    request_.limit.reset();
    return std::move(*this);
  }
  /// The service may ask the user for a password first.
  call interactive() && {
    request_.flags |= allow_interactive_authorization;
    return std::move(*this);
  }
  /// The service is not started for this.
  call without_starting() && {
    request_.flags |= no_auto_start;
    return std::move(*this);
  }
  /// Whoever awaits it is told error_name::canceled when a stop is requested, in the connection's
  /// thread. What sleeps hears of it only before.
  call stopped_by(std::stop_token token) && {
    stop_ = std::move(token);
    return std::move(*this);
  }
  /// Errors are returned instead of thrown.
  call<result<value_type>> as_result() && {
    call<result<value_type>> same(std::move(request_), decode_);
    return std::move(same).stopped_by(std::move(stop_));
  }

  /// Sends it and does not care.
  void no_reply() && { request_.send(); }

  /// Sends it and sleeps until the reply is there. What else arrives meanwhile waits for its turn.
  T wait() && {
    if (stop_.stop_requested()) {
      return finish(std::unexpected(detail::stopped()), decode_, request_.errors);
    }
    return finish(request_.wait(), decode_, request_.errors);
  }

  class awaiter;
  auto operator co_await() && { return awaiter(std::move(request_), decode_, std::move(stop_)); }

  /// Sends it; `handler(result<...>)` is called from the connection's loop, unless the slot is
  /// destroyed first.
  template <class Handler>
  slot then(Handler handler) && {
    return slot(std::make_unique<callback<Handler>>(std::move(request_), decode_,
                                                    std::move(handler), std::move(stop_)));
  }

 private:
  template <class>
  friend class call;
  template <class Handler>
  class callback;

  static T finish(result<message> reply, decoder decode,
                  [[maybe_unused]] std::span<const detail::known_error> errors) {
    if constexpr (detail::unwrapped<T>::is_result) {
      if (!reply) return std::unexpected(std::move(reply.error()));
      try {
        if constexpr (std::is_void_v<value_type>) {
          decode(*reply);
          return {};
        } else {
          return decode(*reply);
        }
      } catch (const error& e) {
        return std::unexpected(e);
      }
    } else {
      if (!reply) detail::raise(reply.error(), errors);
      return decode(*reply);
    }
  }

  detail::request request_;
  decoder decode_;
  std::stop_token stop_;
};

/// The entry of a coroutine that waits: it lies in the coroutine's frame.
template <class T>
class call<T>::awaiter final : detail::pending {
 public:
  awaiter(detail::request what, decoder decode, std::stop_token stop)
      : request_(std::move(what)), decode_(decode), stop_(std::move(stop)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    if (stop_.stop_requested()) {
      failure_ = detail::stopped();
      return false;
    }
    if (!request_.start(*this, failure_)) return false;
    if (stop_.stop_possible()) on_stop_.emplace(stop_, stopper{this});
    return true;
  }
  T await_resume() {
    on_stop_.reset();
    if (failure_) return finish(std::unexpected(std::move(*failure_)), decode_, request_.errors);
    return finish(std::move(reply_), decode_, request_.errors);
  }

 private:
  struct stopper {
    void operator()() const { who->stop(); }
    awaiter* who;
  };
  void stop() {
    if (!this->is_waiting()) return;
    this->cancel();
    failure_ = detail::stopped();
    waiter_.resume();
  }
  void complete(result<message> reply) override {
    if (reply) {
      reply_ = std::move(*reply);
    } else {
      failure_.emplace(std::move(reply.error()));
    }
    waiter_.resume();
  }

  detail::request request_;
  decoder decode_;
  std::stop_token stop_;
  std::optional<std::stop_callback<stopper>> on_stop_;
  std::coroutine_handle<> waiter_;
  message reply_;
  std::optional<error> failure_;
};

/// The entry of a callback: it lies in the slot.
template <class T>
template <class Handler>
class call<T>::callback final : public detail::slot_content, detail::pending {
 public:
  callback(detail::request what, decoder decode, Handler handler, std::stop_token stop)
      : request_(std::move(what)), decode_(decode), handler_(std::move(handler)) {
    std::optional<error> failure;
    if (stop.stop_requested()) throw detail::stopped();
    if (!request_.start(*this, failure)) throw std::move(*failure);
    if (stop.stop_possible()) on_stop_.emplace(std::move(stop), stopper{this});
  }

 private:
  struct stopper {
    void operator()() const {
      if (!who->is_waiting()) return;
      who->cancel();
      who->complete(std::unexpected(detail::stopped()));
    }
    callback* who;
  };
  void complete(result<message> reply) override {
    // It may destroy the slot, and this with it.
    Handler handler = std::move(handler_);
    const decoder decode = decode_;
    handler(call<result<value_type>>::finish(std::move(reply), decode, {}));
  }

  detail::request request_;
  decoder decode_;
  Handler handler_;
  std::optional<std::stop_callback<stopper>> on_stop_;
};

}  // namespace headway
