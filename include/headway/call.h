// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "headway/message.h"

namespace headway {

namespace client {
class Core;
}

namespace detail {

/// A call that is ready to be sent.
struct request {
  std::shared_ptr<client::Core> core;
  message what;
  std::optional<std::chrono::nanoseconds> limit;  // none: for as long as it takes
  std::uint8_t flags = 0;

  /// Sends it and sleeps until the reply is there.
  [[nodiscard]] result<message> wait() const;
  /// Sends it, wanting no reply.
  void send() const;
};

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
///     connection.call(what).no_reply();
///
/// A call that was sent may be executed by the service even if nobody waits for the reply any more.
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
  call forever() && {
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
  /// Errors are returned instead of thrown.
  call<result<value_type>> as_result() && { return {std::move(request_), decode_}; }

  /// Sends it and does not care.
  void no_reply() && { request_.send(); }

  /// Sends it and sleeps until the reply is there. What else arrives meanwhile waits for its turn.
  T wait() && { return finish(request_.wait(), decode_); }

 private:
  static T finish(result<message> reply, decoder decode) {
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
      if (!reply) throw std::move(reply.error());
      return decode(*reply);
    }
  }

  detail::request request_;
  decoder decode_;
};

}  // namespace headway
