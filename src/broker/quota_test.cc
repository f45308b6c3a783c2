// SPDX-License-Identifier: MIT
#include "broker/quota.h"

#include <gtest/gtest.h>

namespace headway::broker {
namespace {

constexpr Budget budget{1000, 10};

TEST(Accounts, AUserMayFillItsOwnBudget) {  // RES-002
  Accounts accounts;
  const AccountId owner = accounts.enter(1000);

  EXPECT_TRUE(accounts.may_charge(owner, owner, 1000, 10, budget));
  EXPECT_FALSE(accounts.may_charge(owner, owner, 1001, 0, budget));
  EXPECT_FALSE(accounts.may_charge(owner, owner, 0, 11, budget));
}

TEST(Accounts, AForeignActorGetsHalfOfWhatRemainsAndTheNextOneAFairPart) {  // RES-003
  Accounts accounts;
  const AccountId owner = accounts.enter(1000);
  const AccountId first = accounts.enter(1001);
  const AccountId second = accounts.enter(1002);

  EXPECT_TRUE(accounts.may_charge(owner, first, 500, 0, budget));
  EXPECT_FALSE(accounts.may_charge(owner, first, 501, 0, budget));
  accounts.charge(owner, first, 500, 0);
  EXPECT_FALSE(accounts.may_charge(owner, first, 1, 0, budget));
  EXPECT_TRUE(accounts.may_charge(owner, second, 166, 0, budget));
  EXPECT_FALSE(accounts.may_charge(owner, second, 167, 0, budget));
  EXPECT_TRUE(accounts.may_charge(owner, owner, 500, 0, budget));
}

TEST(Accounts, ChargesOutliveTheActorsConnectionsAndSumToNothingInTheEnd) {
  Accounts accounts;
  const AccountId owner = accounts.enter(1000);
  const AccountId actor = accounts.enter(1001);
  accounts.charge(owner, actor, 100, 1);
  accounts.leave(actor);

  EXPECT_EQ(accounts.largest_holder(owner).uid, 1001u);
  accounts.discharge(owner, actor, 100, 1);
  EXPECT_EQ(accounts.held(owner).bytes, 0u);
  EXPECT_EQ(accounts.enter(1002), actor);  // the account is free for another user
}

TEST(QueueLedger, TakesFromTheFrontAndKeepsRunsOfOneSenderTogether) {
  QueueLedger ledger;
  const PeerId alice{0, 1};
  const PeerId bob{1, 1};
  ledger.push({alice, 0, 10, 0});
  ledger.push({alice, 0, 5, 1});
  ledger.push({bob, 1, 7, 0});

  std::vector<std::pair<PeerId, std::uint64_t>> parts;
  ledger.pop(17, 1,
             [&](const QueueLedger::Entry& entry) { parts.emplace_back(entry.from, entry.bytes); });

  EXPECT_EQ(parts, (std::vector<std::pair<PeerId, std::uint64_t>>{{alice, 15}, {bob, 2}}));
  EXPECT_EQ(ledger.bytes(), 5u);
  EXPECT_EQ(ledger.fds(), 0u);
}

}  // namespace
}  // namespace headway::broker
