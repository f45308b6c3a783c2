// SPDX-License-Identifier: MIT
#include "broker/replies.h"

namespace headway::broker {

std::expected<void, ReplyTable::Refusal> ReplyTable::open(const Call& call, std::uint32_t open_max,
                                                          std::optional<Time> deadline) {
  if (open_by(call.caller) >= open_max) return std::unexpected(Refusal::quota);

  const std::uint32_t at =
      free_.empty() ? static_cast<std::uint32_t>(entries_.size()) : free_.back();
  if (!index_.insert(call, at)) return std::unexpected(Refusal::serial_in_use);
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    free_.pop_back();
  }

  entries_[at] = {call, deadline, ++opened_, {}, {}};
  append(ends(call.caller).asked, &Row::of_caller, at);
  ++ends(call.caller).asked_count;
  append(ends(call.callee).owed, &Row::of_callee, at);
  if (deadline) due_.emplace(*deadline, opened_, at);
  return {};
}

void ReplyTable::forget_caller(PeerId caller) {
  while (ends(caller).asked.first != none) remove(ends(caller).asked.first);
}

std::vector<ReplyTable::Call> ReplyTable::take_callee(PeerId callee) {
  std::vector<Call> owed;
  while (ends(callee).owed.first != none) {
    const std::uint32_t at = ends(callee).owed.first;
    owed.push_back(entries_[at].call);
    remove(at);
  }
  return owed;
}

std::vector<ReplyTable::Call> ReplyTable::expire(Time now) {
  std::vector<Call> expired;
  while (!due_.empty() && std::get<Time>(*due_.begin()) <= now) {
    const std::uint32_t at = std::get<std::uint32_t>(*due_.begin());
    expired.push_back(entries_[at].call);
    remove(at);
  }
  return expired;
}

std::optional<Time> ReplyTable::next_deadline() const {
  if (due_.empty()) return std::nullopt;
  return std::get<Time>(*due_.begin());
}

std::uint32_t ReplyTable::open_by(PeerId caller) const {
  return caller.slot < ends_.size() ? ends_[caller.slot].asked_count : 0;
}

ReplyTable::Ends& ReplyTable::ends(PeerId peer) {
  if (peer.slot >= ends_.size()) ends_.resize(peer.slot + 1);
  return ends_[peer.slot];
}

void ReplyTable::append(List& list, Link Row::* link, std::uint32_t at) {
  (entries_[at].*link) = {list.last, none};
  if (list.last == none) {
    list.first = at;
  } else {
    (entries_[list.last].*link).after = at;
  }
  list.last = at;
}

void ReplyTable::unlink(List& list, Link Row::* link, std::uint32_t at) {
  const Link gone = entries_[at].*link;
  if (gone.before == none) {
    list.first = gone.after;
  } else {
    (entries_[gone.before].*link).after = gone.after;
  }
  if (gone.after == none) {
    list.last = gone.before;
  } else {
    (entries_[gone.after].*link).before = gone.before;
  }
}

void ReplyTable::remove(Entry at) {
  const Row& entry = entries_[at];
  if (entry.deadline) due_.erase({*entry.deadline, entry.number, at});
  index_.erase(entry.call);
  unlink(ends(entry.call.caller).asked, &Row::of_caller, at);
  --ends(entry.call.caller).asked_count;
  unlink(ends(entry.call.callee).owed, &Row::of_callee, at);
  free_.push_back(at);
}

}  // namespace headway::broker
