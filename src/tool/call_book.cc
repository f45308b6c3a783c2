// SPDX-License-Identifier: MIT
#include "tool/call_book.h"

#include <utility>

namespace headway::tool {

void CallBook::add(const message& call, WallTime when, bool fits) {
  if (!call.expects_reply()) return;
  Key key{std::string(call.sender()), call.serial()};
  calls_.insert_or_assign(key, SeenCall{.destination = std::string(call.destination()),
                                        .path = std::string(call.path()),
                                        .interface = std::string(call.interface()),
                                        .member = std::string(call.member()),
                                        .when = when,
                                        .fits = fits});
  order_.push_back(std::move(key));
  if (order_.size() <= calls_max_) return;
  calls_.erase(order_.front());
  order_.pop_front();
}

std::optional<SeenCall> CallBook::take(const message& reply) {
  const auto found = calls_.find(Key{std::string(reply.destination()), reply.reply_serial()});
  if (found == calls_.end()) return std::nullopt;
  SeenCall call = std::move(found->second);
  calls_.erase(found);
  return call;
}

}  // namespace headway::tool
