// SPDX-License-Identifier: MIT
#include "broker/replies.h"

#include <algorithm>
#include <utility>

#include "base/flat_map.h"

namespace headway::broker {
namespace {

constexpr std::size_t rows_kept_max = 4096;

}  // namespace

std::size_t ReplyTable::bucket_of(const Call& call) const {
  const std::uint64_t key = std::uint64_t{call.caller.slot} << 32 | call.serial;
  return mix(key + call.callee.slot * 0x9e3779b97f4a7c15u) & (buckets_.size() - 1);
}

std::optional<ReplyTable::Entry> ReplyTable::find(const Call& call) const {
  if (size_ == 0) return std::nullopt;
  for (std::uint32_t at = buckets_[bucket_of(call)]; at != none; at = entries_[at].next) {
    if (entries_[at].call == call) return at;
  }
  return std::nullopt;
}

void ReplyTable::grow() {
  const std::size_t wanted = std::max<std::size_t>(16, buckets_.size() * 2);
  buckets_.assign(wanted, none);
  for (std::uint32_t at = 0; at < entries_.size(); ++at) {  // all used: there is no free one
    std::uint32_t& first = buckets_[bucket_of(entries_[at].call)];
    entries_[at].next = std::exchange(first, at);
  }
}

std::expected<void, ReplyTable::Refusal> ReplyTable::open(const Call& call, std::uint32_t open_max,
                                                          std::optional<Time> deadline) {
  const std::uint32_t slots = std::max(call.caller.slot, call.callee.slot) + 1;
  if (ends_.size() < slots) ends_.resize(slots);
  Ends& caller = ends_[call.caller.slot];
  if (caller.asked_count >= open_max) return std::unexpected(Refusal::quota);
  if (find(call)) return std::unexpected(Refusal::serial_in_use);

  if (free_ == none && entries_.size() == buckets_.size()) grow();
  std::uint32_t at = free_;
  if (at == none) {
    at = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  }
  Row& row = entries_[at];
  free_ = row.next;
  std::uint32_t& first = buckets_[bucket_of(call)];
  row.call = call;
  row.deadline = deadline;
  row.number = ++opened_;
  row.next = std::exchange(first, at);
  ++size_;
  append(caller.asked, &Row::of_caller, at);
  ++caller.asked_count;
  append(ends_[call.callee.slot].owed, &Row::of_callee, at);
  if (deadline) due_.emplace(*deadline, opened_, at);
  return {};
}

void ReplyTable::forget_caller(PeerId caller) {
  if (caller.slot >= ends_.size()) return;
  const List& asked = ends_[caller.slot].asked;
  while (asked.first != none) remove(asked.first);
}

std::vector<ReplyTable::Call> ReplyTable::take_callee(PeerId callee) {
  std::vector<Call> calls;
  if (callee.slot >= ends_.size()) return calls;
  const List& owed = ends_[callee.slot].owed;
  while (owed.first != none) {
    calls.push_back(entries_[owed.first].call);
    remove(owed.first);
  }
  return calls;
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
  Row& row = entries_[at];
  if (row.deadline) due_.erase({*row.deadline, row.number, at});
  Ends& caller = ends_[row.call.caller.slot];
  unlink(caller.asked, &Row::of_caller, at);
  --caller.asked_count;
  unlink(ends_[row.call.callee.slot].owed, &Row::of_callee, at);

  std::uint32_t* link = &buckets_[bucket_of(row.call)];
  while (*link != at) link = &entries_[*link].next;
  *link = row.next;
  row.next = std::exchange(free_, at);
  if (--size_ == 0 && entries_.size() > rows_kept_max) {  // a burst's memory goes back
    entries_ = {};
    buckets_ = {};
    free_ = none;
  }
}

}  // namespace headway::broker
