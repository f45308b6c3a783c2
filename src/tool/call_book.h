// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "headway/message.h"
#include "tool/wall_time.h"

namespace headway::tool {

/// A call that was seen.
struct SeenCall {
  std::string destination;  // as the caller wrote it
  std::string path;
  std::string interface;
  std::string member;
  WallTime when;
  bool fits = false;  // what was asked for
};

/// Finds the call that a reply answers. Holds the last `calls_max` that wait for one: a call may
/// stay without. Pure. Cost: a probe of a map and an allocation a call.
class CallBook {
 public:
  explicit CallBook(std::size_t calls_max = 1 << 16) : calls_max_(calls_max) {}

  /// A method call with its sender; nothing happens if it wants no reply.
  void add(const message& call, WallTime when, bool fits);
  /// The call that this reply or error answers, once.
  [[nodiscard]] std::optional<SeenCall> take(const message& reply);
  /// Its calls wait no longer: it has left.
  void forget(std::string_view caller);
  /// `look(caller, call)` sees each that waits.
  template <class Look>
  void each(Look look) const {
    for (const auto& [key, entry] : calls_) look(std::string_view(key.caller), entry.call);
  }

 private:
  struct Key {
    std::string caller;
    std::uint32_t serial = 0;
    auto operator<=>(const Key&) const = default;
  };

  using Order = std::list<Key>;
  struct Entry {
    SeenCall call;
    Order::iterator place;
  };

  std::size_t calls_max_;
  std::map<Key, Entry> calls_;
  Order order_;  // the oldest first
};

}  // namespace headway::tool
