// SPDX-License-Identifier: MIT
#include "client/property_values.h"

#include <utility>

namespace headway::client {

const variant* PropertyValues::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.is_known ? &found->second.value : nullptr;
}

PropertyValues::Entry& PropertyValues::entry_of(std::string_view name) {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  return entries_[std::string(name)];
}

void PropertyValues::learn(std::string_view name, variant value, Stamp asked) {
  Entry& entry = entry_of(name);
  if (entry.changed > asked) return;
  entry.value = std::move(value);
  entry.is_known = true;
}

void PropertyValues::learn_all(message_reader& values, const message& from, Stamp asked) {
  for_each_property(values, from, [&](std::string_view name, variant value) {
    learn(name, std::move(value), asked);
  });
}

void PropertyValues::change(const message& changes) {
  if (changes.signature() != "sa{sv}as") return;
  auto values = changes.body();
  values.skip();
  for_each_property(values, changes, [&](std::string_view name, variant value) {
    entry_of(name) = {.value = std::move(value), .is_known = true, .changed = ++clock_};
  });
  values.enter();
  while (!values.at_end()) invalidate(values.string());
}

void PropertyValues::invalidate(std::string_view name) {
  entry_of(name) = {.value = {}, .is_known = false, .changed = ++clock_};
}

void PropertyValues::clear() {
  entries_.clear();
  ++clock_;
}

}  // namespace headway::client
