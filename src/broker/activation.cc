// SPDX-License-Identifier: MIT
#include "broker/activation.h"

namespace headway::broker {

ActivationTable::Pending* ActivationTable::find(std::string_view name) {
  const auto found = pending_.find(name);
  return found == pending_.end() ? nullptr : &found->second;
}

ActivationTable::Pending& ActivationTable::create(std::string_view name, Stage stage,
                                                  Time deadline) {
  Pending& pending = pending_[std::string(name)];
  pending.stage = stage;
  pending.deadline = deadline;
  deadlines_.emplace(deadline, name);
  return pending;
}

std::optional<ActivationTable::Pending> ActivationTable::take(std::string_view name) {
  const auto found = pending_.find(name);
  if (found == pending_.end()) return std::nullopt;
  Pending pending = std::move(found->second);
  deadlines_.erase({pending.deadline, found->first});
  pending_.erase(found);
  return pending;
}

std::vector<std::string> ActivationTable::due(Time now) const {
  std::vector<std::string> names;
  for (const auto& [deadline, name] : deadlines_) {
    if (deadline > now) break;
    names.push_back(name);
  }
  return names;
}

std::optional<Time> ActivationTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::vector<std::string> ActivationTable::of_unit(std::string_view unit) const {
  std::vector<std::string> names;
  for (const auto& [name, pending] : pending_) {
    if (pending.unit && pending.unit->unit() == unit) names.push_back(name);
  }
  return names;
}

}  // namespace headway::broker
