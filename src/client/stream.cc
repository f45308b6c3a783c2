// SPDX-License-Identifier: MIT
#include "headway/stream.h"

namespace headway::detail {

message_queue::message_queue(std::shared_ptr<client::Core> core, std::string_view rule,
                             std::size_t waiting_max, std::optional<std::string_view> signature)
    : subscriber(std::move(core), rule, when::in_turn),
      waiting_max_(waiting_max),
      signature_(signature) {}

std::expected<message, gap> message_queue::take_message() {
  std::uint64_t& missed = waiting_.empty() ? missed_ : waiting_.front().missed_before;
  if (missed > 0) return std::unexpected(gap{std::exchange(missed, 0)});
  if (waiting_.empty()) throw *over_;
  message first = std::move(waiting_.front().what);
  waiting_.pop_front();
  return first;
}

void message_queue::on_message(const message& what) {
  if (signature_ && what.signature() != *signature_) return;
  if (waiting_.size() >= waiting_max_) {
    ++missed_;
    return;
  }
  waiting_.push_back({what, std::exchange(missed_, 0)});
  resume();
}

void message_queue::on_missed(std::uint64_t count) {
  missed_ += count;
  resume();
}

void message_queue::on_end(const error& why) {
  over_ = why;
  resume();
}

void message_queue::resume() {
  if (waiter) std::exchange(waiter, nullptr).resume();
}

}  // namespace headway::detail
