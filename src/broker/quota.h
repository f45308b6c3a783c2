// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "broker/ids.h"

namespace headway::broker {

/// A user with connections, or with bytes still on their way, as a small number.
using AccountId = std::uint32_t;

/// What one user's connections may have queued for them, all together.
struct Budget {
  std::uint64_t bytes = 0;
  std::uint64_t fds = 0;
};

/// Who holds how much of whose budget (RES-001 .. RES-005, RES-009).
///
/// A receiver's user pays for what waits in its queues; the sender's user is the actor. A user may
/// fill its own budget; a foreign actor at most a fair share of what remains, so that no actor can
/// lock the others out: with n actors holding something, s held by this one and r left, a further
/// charge c must satisfy (n + 1) * (s + c) - s <= r.
class Accounts {
 public:
  /// One more connection of this user; anonymous ones share an account.
  AccountId enter(std::optional<std::uint32_t> uid);
  void leave(AccountId account);

  [[nodiscard]] std::uint32_t connections(AccountId account) const {
    return accounts_[account].connections;
  }
  [[nodiscard]] std::optional<std::uint32_t> uid(AccountId account) const {
    return accounts_[account].uid;
  }
  [[nodiscard]] Budget held(AccountId payer) const {
    return {accounts_[payer].bytes, accounts_[payer].fds};
  }

  [[nodiscard]] bool may_charge(AccountId payer, AccountId actor, std::uint64_t bytes,
                                std::uint64_t fds, const Budget& budget) const;
  void charge(AccountId payer, AccountId actor, std::uint64_t bytes, std::uint64_t fds);
  void discharge(AccountId payer, AccountId actor, std::uint64_t bytes, std::uint64_t fds);

  /// The actor that holds most of this payer's budget, and how much.
  struct Holder {
    std::optional<std::uint32_t> uid;
    std::uint64_t bytes = 0;
    std::uint64_t fds = 0;
  };
  [[nodiscard]] Holder largest_holder(AccountId payer) const;

  [[nodiscard]] std::size_t size() const { return by_uid_.size(); }

 private:
  struct Share {  // of one payer's budget
    AccountId actor;
    std::uint64_t bytes = 0;
    std::uint64_t fds = 0;
  };
  struct Account {
    std::optional<std::uint32_t> uid;
    std::uint32_t connections = 0;
    std::uint32_t acts = 0;  // shares of others' budgets it holds: keeps the account alive
    std::uint64_t bytes = 0;
    std::uint64_t fds = 0;
    std::vector<Share> shares;
  };

  void drop_if_unused(AccountId account);

  std::vector<Account> accounts_;
  std::vector<AccountId> free_;
  std::map<std::optional<std::uint32_t>, AccountId> by_uid_;
};

/// What waits in one peer's queue and who sent it, in the order of sending; runs of one sender are
/// one entry.
class QueueLedger {
 public:
  struct Entry {
    PeerId from;  // none: not to be counted against a peer (broadcasts, the bus)
    AccountId actor = 0;
    std::uint64_t bytes = 0;
    std::uint32_t fds = 0;
  };

  void push(const Entry& entry);

  /// Takes up to this much from the front, reporting each sender's part to `part(entry)`.
  template <class Part>
  void pop(std::uint64_t bytes, std::uint64_t fds, Part part) {
    while ((bytes > 0 || fds > 0) && first_ < entries_.size()) {
      Entry& front = entries_[first_];
      Entry taken = front;
      if (taken.bytes > bytes) taken.bytes = bytes;
      if (taken.fds > fds) taken.fds = static_cast<std::uint32_t>(fds);
      front.bytes -= taken.bytes;
      front.fds -= taken.fds;
      bytes -= taken.bytes;
      fds -= taken.fds;
      bytes_ -= taken.bytes;
      fds_ -= taken.fds;
      part(taken);
      if (front.bytes > 0 || front.fds > 0) break;
      ++first_;
    }
    compact();
  }

  template <class Part>
  void pop_all(Part part) {
    pop(bytes_, fds_, part);
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t fds() const { return fds_; }

 private:
  void compact();

  std::vector<Entry> entries_;
  std::size_t first_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t fds_ = 0;
};

}  // namespace headway::broker
