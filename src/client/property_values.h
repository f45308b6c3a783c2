// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "headway/message.h"
#include "headway/value.h"

namespace headway::client {

/// What is known of the properties of one interface of one object: from the service's answers and
/// from its PropertiesChanged. Pure.
///
/// An answer may have been made up before a change that arrived ahead of it, so what a change said
/// stands against answers to what was asked before; every change is told, so this ends with the
/// newest value whatever came in between. Values stay in the messages that brought them.
class PropertyValues {
 public:
  using Stamp = std::uint64_t;

  /// Null if it is not known.
  [[nodiscard]] const variant* find(std::string_view name) const;
  /// A question that is asked now.
  [[nodiscard]] Stamp now() const { return clock_; }
  /// What one answered that was asked at `asked`.
  void learn(std::string_view name, variant value, Stamp asked);
  /// The same of `a{sv}`, which comes next. Returns behind it.
  void learn_all(message_reader& values, const message& from, Stamp asked);
  /// PropertiesChanged of this interface.
  void change(const message& changes);
  /// It has another value, nobody knows which.
  void invalidate(std::string_view name);
  void clear();

 private:
  struct Entry {
    variant value;
    bool is_known = false;
    Stamp changed = 0;
  };

  Entry& entry_of(std::string_view name);

  std::map<std::string, Entry, std::less<>> entries_;
  Stamp clock_ = 0;
};

/// Calls `tell(name, variant)` for each of the `a{sv}` that comes next in `from`.
template <class Tell>
void for_each_property(message_reader& values, const message& from, Tell tell) {
  values.enter();
  while (!values.at_end()) {
    values.enter();
    const std::string_view name = values.string();
    std::size_t at = detail::position_of(values);
    variant value;
    detail::codec::decode(from, at, value);
    tell(name, std::move(value));
    values.leave();
  }
  values.leave();
}

}  // namespace headway::client
