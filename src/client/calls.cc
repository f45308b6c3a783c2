// SPDX-License-Identifier: MIT
#include "client/calls.h"

#include <limits>
#include <utility>

#include "base/assert.h"

namespace headway {

void detail::pending::cancel() noexcept {
  if (table_ != nullptr) table_->remove(*this);
}

namespace client {
namespace {

constexpr std::size_t buckets_min = 16;
constexpr auto no_deadline = std::numeric_limits<std::size_t>::max();

}  // namespace

CallTable::CallTable() : buckets_(buckets_min) {}

CallTable::~CallTable() {
  for (pending* call : buckets_) {
    while (call != nullptr) std::exchange(call, call->next_)->table_ = nullptr;
  }
}

void CallTable::add(pending& call, const Terms& terms) {
  HEADWAY_ASSERT(!call.is_waiting());
  if (size_ == buckets_.size()) grow();
  call.table_ = this;
  call.serial_ = terms.serial;
  call.jumps_queue_ = terms.jumps_queue;
  pending*& first = bucket(terms.serial);
  call.next_ = std::exchange(first, &call);
  ++size_;

  call.deadline_at_ = no_deadline;
  if (!terms.deadline) return;
  call.deadline_ = terms.deadline->time_since_epoch().count();
  deadlines_.push_back(&call);
  rise(deadlines_.size() - 1, call);
}

void CallTable::grow() {
  std::vector<pending*> old = std::exchange(buckets_, std::vector<pending*>(buckets_.size() * 2));
  for (pending* call : old) {
    while (call != nullptr) {
      pending* const moved = std::exchange(call, call->next_);
      pending*& first = bucket(moved->serial_);
      moved->next_ = std::exchange(first, moved);
    }
  }
}

pending* CallTable::find(std::uint32_t serial) const {
  pending* call = buckets_[serial & (buckets_.size() - 1)];
  while (call != nullptr && call->serial_ != serial) call = call->next_;
  return call;
}

void CallTable::remove(pending& call) noexcept {
  pending** link = &bucket(call.serial_);
  while (*link != &call) link = &(*link)->next_;
  *link = call.next_;
  --size_;
  call.table_ = nullptr;
  if (call.deadline_at_ != no_deadline) take_deadline(call);
}

void CallTable::complete(pending& call, result<message> reply) {
  remove(call);
  call.complete(std::move(reply));
}

std::optional<Time> CallTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return Time(Duration(deadlines_.front()->deadline_));
}

error CallTable::no_reply() {
  return {error_name::no_reply, "no reply came within the time allowed"};
}

bool CallTable::expire_one(Time now) {
  const auto due = next_deadline();
  if (!due || *due > now) return false;
  complete(*deadlines_.front(), std::unexpected(no_reply()));
  return true;
}

bool CallTable::fail_one(const error& why) {
  if (size_ == 0) return false;
  for (pending* const call : buckets_) {
    if (call == nullptr) continue;
    complete(*call, std::unexpected(why));
    return true;
  }
  return false;
}

void CallTable::place(std::size_t at, pending& call) {
  deadlines_[at] = &call;
  call.deadline_at_ = at;
}

void CallTable::rise(std::size_t at, pending& call) {
  while (at > 0 && call.deadline_ < deadlines_[(at - 1) / 2]->deadline_) {
    place(at, *deadlines_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(at, call);
}

void CallTable::sink(std::size_t at, pending& call) {
  for (std::size_t child = 2 * at + 1; child < deadlines_.size(); child = 2 * at + 1) {
    if (child + 1 < deadlines_.size() &&
        deadlines_[child + 1]->deadline_ < deadlines_[child]->deadline_) {
      ++child;
    }
    if (call.deadline_ <= deadlines_[child]->deadline_) break;
    place(at, *deadlines_[child]);
    at = child;
  }
  place(at, call);
}

void CallTable::take_deadline(pending& call) noexcept {
  pending* const last = deadlines_.back();
  deadlines_.pop_back();
  if (last == &call) return;
  const std::size_t at = call.deadline_at_;
  if (at > 0 && last->deadline_ < deadlines_[(at - 1) / 2]->deadline_) {
    rise(at, *last);
  } else {
    sink(at, *last);
  }
}

}  // namespace client
}  // namespace headway
