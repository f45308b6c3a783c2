// SPDX-License-Identifier: MIT
// The half of a connection that runs its users' code.
#include <utility>

#include "client/core.h"
#include "client/message_data.h"
#include "client/reconnect.h"

namespace headway::client {
namespace {

constexpr std::size_t dispatch_max = 64;  // messages in one turn, so that others get theirs

}  // namespace

void Core::attach(loop* runner) {
  forget_in_loop();
  if (reconnector_) reconnector_->stop();
  loop_ = runner;
  thread_.store(pthread_t{}, std::memory_order_relaxed);
  if (loop_ == nullptr) return;
  if (phase_ == Phase::closed && is_over_) start_reconnecting();
  if (phase_ != Phase::closed) {
    watched_to_write_ = !out_.empty();
    loop_->watch(*this, socket_.get(), *watched_to_write_);
  }
  settle();
}

void Core::forget_in_loop() noexcept {
  if (loop_ != nullptr) loop_->forget(*this);
  watched_to_write_.reset();
  is_woken_ = false;
}

void Core::loop_ended() noexcept {
  loop_ = nullptr;
  thread_.store(pthread_t{}, std::memory_order_relaxed);
  reconnector_.reset();
  close(error_name::disconnected, "the loop that served the connection has ended");
}

/// A loop that sleeps must know of everything that is not a readable socket.
void Core::rearm() {
  if (loop_ == nullptr) return;
  if (phase_ == Phase::closed) {
    if (!queue_.empty() || !is_over_) loop_->post(*this);
    return;
  }
  if (const bool has_unsent = !out_.empty(); watched_to_write_ != has_unsent) {
    watched_to_write_ = has_unsent;
    loop_->watch(*this, socket_.get(), has_unsent);
  }
  const auto deadline = calls_.next_deadline();
  if (deadline || is_woken_) {
    is_woken_ = deadline.has_value();
    loop_->wake(*this, deadline ? std::optional(loop::time_point(deadline->time_since_epoch()))
                                : std::nullopt);
  }
  if (!queue_.empty() || signals_.has_missed()) loop_->post(*this);
}

void Core::ready() {
  thread_.store(::pthread_self(), std::memory_order_relaxed);
  if (!is_asleep_) process();
}

void Core::settle() {
  if (!is_processing_ && !is_of_another_thread()) rearm();
}

void Core::kick() {
  if (is_of_another_thread()) return;  // which was told so
  if (loop_ != nullptr) {
    was_kicked_inside_ = is_processing_;
    return loop_->post(*this);
  }
  if (is_processing_) return;  // it is written when process() ends
  objects_.emit_changes();
  flush();
}

void Core::process() {
  const auto self = shared_from_this();
  const bool is_nested = std::exchange(is_processing_, true);
  try {
    take_turn();
  } catch (...) {
    // What a handler throws is for who runs the loop; the rest of the turn comes when it goes on.
    is_processing_ = is_nested;
    if (loop_ != nullptr) loop_->post(*this);
    throw;
  }
  // A handler that runs a loop of its own is still on the stack.
  if (!is_nested) std::erase_if(handlers_, [](const task<void>& one) { return one.is_done(); });
  objects_.emit_changes();
  flush();
  is_processing_ = is_nested;
  settle();
}

void Core::tell_of_end() {
  while (calls_.fail_one(reason())) {
  }
  if (std::exchange(is_over_, true)) return;
  if (!reconnector_) return signals_.end(reason());
  start_reconnecting();
  signals_.lose(reason());
}

void Core::start_reconnecting() {
  if (reconnector_ && loop_ != nullptr) reconnector_->start(*loop_, surroundings_);
}

/// Objects are in place all the time; then rules, names, and what users do.
void Core::tell_of_return() {
  if (!std::exchange(is_back_, false) || phase_ == Phase::closed) return;
  reconnector_->stop();
  signals_.ask_again();
  for (const auto& [name, flags] : reconnector_->names) {
    send_or_drop(name_request(name, flags), no_reply_expected);
  }
  signals_.restore();
}

void Core::take_turn() {
  tell_of_return();
  flush();
  // What a handler sends is written when process() ends. The loop was told all the same, because
  // the handler may run one of its own before; what can be read it tells again.
  const bool is_kicked = std::exchange(was_kicked_inside_, false);
  if (queue_.size() < dispatch_max && !is_kicked) receive(io::Wait::no);
  for (std::size_t i = 0; i < dispatch_max; ++i) {
    const message next = take();
    if (!next) break;
    dispatch(next);
  }
  signals_.tell_missed();
  if (calls_.next_deadline()) {
    const Time time = now();
    while (calls_.expire_one(time)) {
    }
  }
  if (phase_ == Phase::closed && queue_.empty()) tell_of_end();
}

bool Core::complete_reply(const message& reply) {
  const wire::Message& view = detail::message_data::of(reply).view;
  if (!view.is_reply()) return false;
  pending* const call = calls_.find(view.reply_serial);
  if (call == nullptr) return false;
  calls_.complete(*call, outcome(reply));
  return true;
}

void Core::dispatch(const message& next) {
  switch (next.type()) {
    case message_type::method_return:
    case message_type::error:
      complete_reply(next);
      return;
    case message_type::signal:
      return signals_.dispatch(next);
    case message_type::method_call:
      if (is_monitor_) return;  // what a monitor sees is for others
      return call_handler_ ? call_handler_(next) : objects_.dispatch(next);
  }
}

}  // namespace headway::client
