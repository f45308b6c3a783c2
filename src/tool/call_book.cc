// SPDX-License-Identifier: MIT
#include "tool/call_book.h"

#include <utility>

namespace headway::tool {

void CallBook::add(const message& call, WallTime when, bool fits) {
  if (!call.expects_reply()) return;
  Key key{std::string(call.sender()), call.serial()};
  const auto [found, is_new] = calls_.try_emplace(key);
  Entry& entry = found->second;
  if (!is_new) order_.erase(entry.place);
  entry.call = SeenCall{.destination = std::string(call.destination()),
                        .path = std::string(call.path()),
                        .interface = std::string(call.interface()),
                        .member = std::string(call.member()),
                        .when = when,
                        .fits = fits};
  entry.place = order_.insert(order_.end(), std::move(key));
  if (order_.size() <= calls_max_) return;
  calls_.erase(order_.front());
  order_.pop_front();
}

std::optional<SeenCall> CallBook::take(const message& reply) {
  const auto found = calls_.find(Key{std::string(reply.destination()), reply.reply_serial()});
  if (found == calls_.end()) return std::nullopt;
  SeenCall call = std::move(found->second.call);
  order_.erase(found->second.place);
  calls_.erase(found);
  return call;
}

void CallBook::forget(std::string_view caller) {
  auto found = calls_.lower_bound(Key{std::string(caller), 0});
  while (found != calls_.end() && found->first.caller == caller) {
    order_.erase(found->second.place);
    found = calls_.erase(found);
  }
}

}  // namespace headway::tool
