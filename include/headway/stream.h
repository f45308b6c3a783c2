// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "headway/detail/subscriber.h"
#include "headway/error.h"
#include "headway/message.h"

namespace headway {

/// Stands in a stream for what was dropped there: because nobody took what waited, or because its
/// values are none of the type that is wanted.
struct gap {
  std::uint64_t missed = 0;
};

namespace detail {

/// The messages that a rule describes, kept until somebody takes them: a bounded number, and how
/// many there was no room for.
class message_queue : subscriber {
 public:
  /// Messages that carry other types than `signature` are not for us.
  message_queue(std::shared_ptr<client::Core> core, std::string_view rule, std::size_t waiting_max,
                std::optional<std::string_view> signature);

  [[nodiscard]] bool is_ready() const noexcept {
    return !waiting_.empty() || missed_ > 0 || over_.has_value();
  }
  /// If it is ready. Throws when no more can come.
  std::expected<message, gap> take_message();

  std::coroutine_handle<> waiter;

 private:
  struct entry {
    message what;
    std::uint64_t missed_before;
  };

  void on_message(const message& what) override;
  void on_missed(std::uint64_t count) override;
  void on_end(const error& why) override;
  void resume();

  std::size_t waiting_max_;
  std::optional<std::string_view> signature_;
  std::deque<entry> waiting_;
  std::uint64_t missed_ = 0;  // behind all that wait
  std::optional<error> over_;
};

/// What a coroutine awaits that takes the next of something.
template <class Source>
class next_of {
 public:
  explicit next_of(Source& source) noexcept : source_(source) {}
  next_of(const next_of&) = delete;
  next_of& operator=(const next_of&) = delete;
  ~next_of() {
    if (is_waiting_) source_.waiter = nullptr;
  }

  [[nodiscard]] bool await_ready() const noexcept { return source_.is_ready(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    source_.waiter = waiter;
    is_waiting_ = true;
  }
  auto await_resume() {
    is_waiting_ = false;
    return source_.take();
  }

 private:
  Source& source_;
  bool is_waiting_ = false;
};

}  // namespace detail

/// What is sent, one after the other, for one coroutine:
///
///     auto alarms = thermo->overheated.stream();
///     while (true) {
///       auto next = co_await alarms.next();        // std::expected<Overheat, gap>
///       if (!next) ...                             // next.error().missed were dropped here
///
/// It holds a bounded number that nobody took yet; what comes then is dropped and counted, so that
/// a slow reader cannot hold up anybody else. next() throws when no more can come: the connection
/// has ended, or the bus refused the rule.
template <class T>
class stream {
 public:
  using decoder = T (*)(const message&);

  stream(std::shared_ptr<client::Core> core, std::string_view rule, std::size_t waiting_max,
         std::optional<std::string_view> wanted, decoder decode)
      : inside_(std::make_unique<inside>(std::move(core), rule, waiting_max, wanted, decode)) {}

 private:
  class inside final : public detail::message_queue {
   public:
    inside(std::shared_ptr<client::Core> core, std::string_view rule, std::size_t waiting_max,
           std::optional<std::string_view> wanted, decoder decode)
        : message_queue(std::move(core), rule, waiting_max, wanted), decode_(decode) {}

    std::expected<T, gap> take() {
      auto taken = take_message();
      if (!taken) return std::unexpected(taken.error());
      if constexpr (std::is_void_v<T>) {
        return {};
      } else {
        try {
          return decode_(*taken);
        } catch (const error&) {
          return std::unexpected(gap{1});
        }
      }
    }

   private:
    decoder decode_;
  };

 public:
  /// Once at a time.
  [[nodiscard]] detail::next_of<inside> next() { return detail::next_of<inside>(*inside_); }

 private:
  std::unique_ptr<inside> inside_;
};

/// The messages themselves, of whatever types.
using message_stream = stream<message>;

}  // namespace headway
