// SPDX-License-Identifier: MIT
#include "broker/quota.h"

#include <algorithm>

#include "base/assert.h"

namespace headway::broker {
namespace {

/// (n + 1) * (s + c) - s <= r, in numbers that cannot overflow: all are far below 2^63.
bool is_fair(std::uint64_t actors, std::uint64_t held, std::uint64_t charge,
             std::uint64_t remaining) {
  if (charge == 0) return true;
  if (charge > remaining || held > remaining) return false;
  return (actors + 1) * (held + charge) - held <= remaining;
}

}  // namespace

AccountId Accounts::enter(std::optional<std::uint32_t> uid) {
  const auto [found, is_new] = by_uid_.try_emplace(uid, 0);
  if (is_new) {
    if (free_.empty()) {
      found->second = static_cast<AccountId>(accounts_.size());
      accounts_.emplace_back();
    } else {
      found->second = free_.back();
      free_.pop_back();
    }
    accounts_[found->second].uid = uid;
  }
  ++accounts_[found->second].connections;
  return found->second;
}

void Accounts::leave(AccountId account) {
  HEADWAY_ASSERT(accounts_[account].connections > 0);
  --accounts_[account].connections;
  drop_if_unused(account);
}

bool Accounts::may_charge(AccountId payer, AccountId actor, std::uint64_t bytes, std::uint64_t fds,
                          const Budget& budget) const {
  const Account& account = accounts_[payer];
  const std::uint64_t bytes_left = budget.bytes - std::min(budget.bytes, account.bytes);
  const std::uint64_t fds_left = budget.fds - std::min(budget.fds, account.fds);
  if (payer == actor) return bytes <= bytes_left && fds <= fds_left;

  const auto share = std::ranges::find(account.shares, actor, &Share::actor);
  const Share held = share == account.shares.end() ? Share{actor, 0, 0} : *share;
  const std::size_t actors = account.shares.size() + (share == account.shares.end() ? 1 : 0);
  return is_fair(actors, held.bytes, bytes, bytes_left) && is_fair(actors, held.fds, fds, fds_left);
}

void Accounts::charge(AccountId payer, AccountId actor, std::uint64_t bytes, std::uint64_t fds) {
  Account& account = accounts_[payer];
  account.bytes += bytes;
  account.fds += fds;
  auto share = std::ranges::find(account.shares, actor, &Share::actor);
  if (share == account.shares.end()) {
    share = account.shares.insert(share, {actor, 0, 0});
    ++accounts_[actor].acts;
  }
  share->bytes += bytes;
  share->fds += fds;
}

void Accounts::discharge(AccountId payer, AccountId actor, std::uint64_t bytes, std::uint64_t fds) {
  Account& account = accounts_[payer];
  const auto share = std::ranges::find(account.shares, actor, &Share::actor);
  HEADWAY_ASSERT(share != account.shares.end() && share->bytes >= bytes && share->fds >= fds);
  account.bytes -= bytes;
  account.fds -= fds;
  share->bytes -= bytes;
  share->fds -= fds;
  if (share->bytes > 0 || share->fds > 0) return;
  account.shares.erase(share);
  --accounts_[actor].acts;
  drop_if_unused(actor);
}

Accounts::Holder Accounts::largest_holder(AccountId payer) const {
  const std::vector<Share>& shares = accounts_[payer].shares;
  const auto most = std::ranges::max_element(
      shares, {}, [](const Share& share) { return std::pair(share.bytes, share.fds); });
  if (most == shares.end()) return {accounts_[payer].uid, 0, 0};
  return {accounts_[most->actor].uid, most->bytes, most->fds};
}

void Accounts::drop_if_unused(AccountId id) {
  Account& account = accounts_[id];
  if (account.connections > 0 || account.acts > 0 || !account.shares.empty()) return;
  by_uid_.erase(account.uid);
  account = {};
  free_.push_back(id);
}

void QueueLedger::push(const Entry& entry) {
  bytes_ += entry.bytes;
  fds_ += entry.fds;
  if (first_ < entries_.size()) {
    Entry& last = entries_.back();
    if (last.from == entry.from && last.actor == entry.actor) {
      last.bytes += entry.bytes;
      last.fds += entry.fds;
      return;
    }
  }
  entries_.push_back(entry);
}

void QueueLedger::compact() {
  if (first_ == entries_.size()) {
    entries_.clear();
    if (entries_.capacity() > 16) entries_.shrink_to_fit();
    first_ = 0;
  } else if (first_ > 64 && first_ * 2 > entries_.size()) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace headway::broker
