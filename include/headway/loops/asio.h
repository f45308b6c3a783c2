// SPDX-License-Identifier: MIT
#pragma once

/// For standalone Asio; for Boost's define HEADWAY_BOOST_ASIO before this is included.
#if defined(HEADWAY_BOOST_ASIO)
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#else
#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#endif

#include "headway/call.h"
#include "headway/loops/adapter.h"

namespace headway {

namespace detail {

#if defined(HEADWAY_BOOST_ASIO)
namespace asio_library = boost::asio;
using asio_error_code = boost::system::error_code;
#else
namespace asio_library = ::asio;
using asio_error_code = std::error_code;
#endif

class asio_entry {
 public:
  asio_entry(const asio_library::any_io_executor& executor, loop::source& who)
      : state_(std::make_shared<state>(executor, who)) {}
  asio_entry(const asio_entry&) = delete;
  asio_entry& operator=(const asio_entry&) = delete;
  ~asio_entry() {
    state_->is_over = true;
    state_->timer.cancel();
    if (state_->descriptor.is_open()) state_->descriptor.release();
  }

  void watch(int fd, bool to_write) {
    if (fd != fd_) {
      if (state_->descriptor.is_open()) state_->descriptor.release();
      state_->descriptor.assign(fd);
      ++state_->generation;
      state_->reads = state_->writes = false;
      fd_ = fd;
    }
    state_->wants_write = to_write;
    state::wait_on(state_);
  }
  void wake(std::optional<loop::time_point> when) {
    if (!when) return static_cast<void>(state_->timer.cancel());
    state_->timer.expires_at(*when);
    state_->timer.async_wait([self = state_](const asio_error_code& error) {
      if (!error && !self->is_over) self->who.ready();
    });
  }
  void post() {
    if (std::exchange(state_->is_posted, true)) return;
    asio_library::post(state_->timer.get_executor(), [self = state_] {
      if (self->is_over) return;
      self->is_posted = false;
      self->who.ready();
    });
  }

 private:
  /// Shared with what Asio has not called back yet.
  struct state {
    state(const asio_library::any_io_executor& executor, loop::source& to_tell)
        : descriptor(executor), timer(executor), who(to_tell) {}

    /// Waits once for what nobody waits for yet.
    static void wait_on(const std::shared_ptr<state>& self) {
      if (!self->reads) await(self, self->reads, asio_library::posix::descriptor_base::wait_read);
      if (self->wants_write && !self->writes) {
        await(self, self->writes, asio_library::posix::descriptor_base::wait_write);
      }
    }
    static void await(const std::shared_ptr<state>& self, bool& waits,
                      asio_library::posix::descriptor_base::wait_type what) {
      waits = true;
      self->descriptor.async_wait(
          what, [self, &waits, generation = self->generation](const asio_error_code& error) {
            if (self->is_over || generation != self->generation) return;
            waits = false;
            if (error) return;
            const again after{self};
            self->who.ready();
          });
    }
    /// Also if a handler throws.
    struct again {
      const std::shared_ptr<state>& self;
      ~again() {
        if (!self->is_over && self->descriptor.is_open()) wait_on(self);
      }
    };

    asio_library::posix::stream_descriptor descriptor;
    asio_library::steady_timer timer;
    loop::source& who;
    unsigned generation = 0;  // of descriptor
    bool reads = false;
    bool writes = false;
    bool wants_write = false;
    bool is_posted = false;
    bool is_over = false;
  };

  std::shared_ptr<state> state_;
  int fd_ = -1;
};

}  // namespace detail

/// An Asio executor as a loop: an io_context's, or a strand, in which everything of the connection
/// then runs. Lives as long as the connections that are attached to it, which it closes otherwise.
/// What a connection's handler throws comes out of io_context::run(), which may be called again.
///
///     asio::io_context context;
///     headway::asio_loop loop(context.get_executor());
///     bus.attach(loop);
///     loop.spawn(work(bus));                                 // a coroutine of ours, or of Asio's:
///     asio::co_spawn(context, [&]() -> asio::awaitable<void> {
///       auto owner = co_await loop.async(bus.name_owner("org.example.Name"), asio::use_awaitable);
///     }, asio::detached);
///     context.run();
///
/// A connection that is attached keeps run() running: detach() or close() it, or stop() the
/// context.
class asio_loop final
    : public detail::adapter<detail::asio_entry, detail::asio_library::any_io_executor> {
 public:
  explicit asio_loop(detail::asio_library::any_io_executor executor)
      : adapter(std::move(executor)) {}

  /// Makes a call of an attached connection in the way of Asio: `token` is a
  /// handler(std::exception_ptr, T), use_future, use_awaitable ... The handler is posted to its
  /// associated executor, by default the loop's. Nobody is told of calls that are under way when
  /// the loop ends.
  template <class T, class Token>
  auto async(call<T> what, Token&& token) {
    using value = typename call<T>::value_type;
    return detail::asio_library::async_initiate<Token, typename completion<value>::type>(
        [this](auto handler, call<T> made) {
          spawn(answer<value>(std::move(made).as_result(), std::move(handler), context()));
        },
        token, std::move(what));
  }

 private:
  template <class T>
  struct completion {
    using type = void(std::exception_ptr, T);
  };

  template <class T, class Handler>
  static task<> answer(call<result<T>> what, Handler handler,
                       detail::asio_library::any_io_executor otherwise) {
    auto outcome = co_await std::move(what);
    const auto executor = detail::asio_library::get_associated_executor(handler, otherwise);
    detail::asio_library::post(
        executor, [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
          const auto failure =
              outcome ? std::exception_ptr() : std::make_exception_ptr(std::move(outcome.error()));
          if constexpr (std::is_void_v<T>) {
            handler(failure);
          } else {
            handler(failure, outcome ? std::move(*outcome) : T{});
          }
        });
  }
};

template <>
struct asio_loop::completion<void> {
  using type = void(std::exception_ptr);
};

}  // namespace headway
