// SPDX-License-Identifier: MIT
#include "broker/names.h"

#include <gtest/gtest.h>

namespace headway::broker {
namespace {

using Reply = NameTable::RequestReply;

constexpr PeerId alice{0, 1};
constexpr PeerId bob{1, 1};
constexpr PeerId carol{2, 1};
constexpr auto allow_replacement = NameTable::allow_replacement;
constexpr auto replace_existing = NameTable::replace_existing;
constexpr auto do_not_queue = NameTable::do_not_queue;

class Names : public testing::Test {
 protected:
  NameTable::Requested request(PeerId peer, std::uint32_t flags = 0) {
    return names_.request("org.example", peer, flags, policy_);
  }
  NameTable::Released release(PeerId peer) {
    return names_.release(*names_.find("org.example"), peer);
  }
  std::vector<PeerId> queue() {
    std::vector<PeerId> peers;
    for (const auto& owner : names_.queue(*names_.find("org.example"))) peers.push_back(owner.peer);
    return peers;
  }

  Policy policy_{PolicyRules{}};
  NameTable names_;
};

TEST_F(Names, AFreeNameGoesToTheCaller) {  // BUS-021
  const auto first = request(alice);

  EXPECT_EQ(first.reply, Reply::primary_owner);
  ASSERT_TRUE(first.change);
  EXPECT_EQ(first.change->new_owner, alice);
  EXPECT_EQ(request(alice).reply, Reply::already_owner);  // BUS-022
}

TEST_F(Names, WithoutPermissionToReplaceACallerWaitsOrIsTurnedAway) {  // BUS-023, BUS-024
  request(alice);

  EXPECT_EQ(request(bob).reply, Reply::in_queue);
  EXPECT_EQ(request(carol, do_not_queue).reply, Reply::exists);
  const auto turned_away = request(bob, do_not_queue);
  EXPECT_EQ(turned_away.reply, Reply::exists);
  EXPECT_TRUE(turned_away.left);
  EXPECT_EQ(queue(), (std::vector{alice}));
}

TEST_F(Names, WhoAsksToReplaceWaitsRightBehindTheOwner) {  // BUS-025
  request(alice);
  request(bob);

  EXPECT_EQ(request(carol, replace_existing).reply, Reply::in_queue);
  EXPECT_EQ(queue(), (std::vector{alice, carol, bob}));
}

TEST_F(Names, ReplacementNeedsBothFlagsAndSendsTheOldOwnerToTheSecondPlace) {  // BUS-026, BUS-027
  request(alice, allow_replacement);
  request(bob);

  const auto replaced = request(carol, replace_existing);

  EXPECT_EQ(replaced.reply, Reply::primary_owner);
  ASSERT_TRUE(replaced.change);
  EXPECT_EQ(replaced.change->old_owner, alice);
  EXPECT_EQ(queue(), (std::vector{carol, alice, bob}));
}

TEST_F(Names, AnOwnerThatWouldNotQueueIsDroppedWhenReplaced) {  // BUS-026
  request(alice, allow_replacement | do_not_queue);

  const auto replaced = request(bob, replace_existing);

  EXPECT_EQ(replaced.dropped, alice);
  EXPECT_EQ(queue(), (std::vector{bob}));
}

TEST_F(Names, WaitingPeerInheritsWhenOwnerLeaves) {  // BUS-028, BUS-030
  request(alice);
  request(bob);

  const auto released = release(alice);

  ASSERT_TRUE(released.change);
  EXPECT_EQ(released.change->new_owner, bob);
  EXPECT_EQ(release(alice).reply, NameTable::ReleaseReply::not_owner);
  EXPECT_TRUE(release(bob).ended);
}

TEST_F(Names, LeavingTheQueueChangesNoOwner) {  // BUS-028
  request(alice);
  request(bob);

  const auto released = release(bob);

  EXPECT_EQ(released.reply, NameTable::ReleaseReply::released);
  EXPECT_FALSE(released.change);
}

TEST_F(Names, AForgottenNameIsFreeAgain) {
  request(alice);
  const NameId id = *names_.find("org.example");
  ASSERT_TRUE(release(alice).ended);
  names_.forget(id);

  EXPECT_FALSE(names_.find("org.example"));
  EXPECT_EQ(names_.size(), 0u);
  EXPECT_EQ(request(bob).reply, Reply::primary_owner);
}

}  // namespace
}  // namespace headway::broker
