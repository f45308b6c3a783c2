// SPDX-License-Identifier: MIT
#include "machined/registry.h"

#include <gtest/gtest.h>

#include <string>

#include "machined/names.h"

namespace headway::machined {
namespace {

Machine machine(std::string name, pid_t leader) {
  return {.name = std::move(name),
          .service = "test",
          .kind = "container",
          .leader = {.pid = leader, .start_time = 7}};
}

std::string text_of(const std::expected<const Machine*, Refusal>& added) {
  return added ? "added" : added.error().text;
}

class RegistryTest : public testing::Test {
 protected:
  Registry registry{Machine{.kind = "host", .leader = {.pid = 1, .start_time = 1}}};
};

TEST_F(RegistryTest, HasTheHostAndNeverLosesIt) {
  ASSERT_NE(registry.find(host_name), nullptr);
  EXPECT_EQ(registry.find(host_name)->kind, "host");
  EXPECT_FALSE(registry.remove(host_name));
  EXPECT_NE(registry.find(host_name), nullptr);
  EXPECT_FALSE(registry.add(machine(".host", 2)));
}

TEST_F(RegistryTest, KeepsWhatItWasTold) {
  Machine whole = machine("a", 2);
  whole.id.assign(16, 0xab);
  whole.root = "/srv/a";
  whole.interfaces = {3, 4};
  const auto added = registry.add(whole);
  ASSERT_TRUE(added);
  EXPECT_EQ((*added)->root, "/srv/a");
  EXPECT_EQ(registry.find("a"), *added);
  EXPECT_TRUE(registry.remove("a"));
  EXPECT_EQ(registry.find("a"), nullptr);
  EXPECT_FALSE(registry.remove("a"));
}

TEST_F(RegistryTest, TakesANameAndALeaderOnce) {
  ASSERT_TRUE(registry.add(machine("a", 2)));
  const auto again = registry.add(machine("a", 3));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Refusal::Kind::exists);
  EXPECT_EQ(text_of(registry.add(machine("b", 2))), "process 2 leads the machine \"a\"");
  Machine successor = machine("b", 2);
  successor.leader.start_time = 8;  // another process that got the number
  EXPECT_TRUE(registry.add(successor));
}

TEST_F(RegistryTest, RefusesWhatCannotBe) {
  Machine bad = machine("a", 2);
  bad.id.assign(15, 0);
  EXPECT_EQ(text_of(registry.add(bad)), "the id has 15 bytes; it must have 16, or none");
  bad = machine("a", 2);
  bad.kind = "host";
  EXPECT_EQ(text_of(registry.add(bad)),
            "\"host\" is not a class of machines: those are \"container\" and \"vm\"");
  bad = machine("a", 2);
  bad.root = "srv/a";
  EXPECT_EQ(text_of(registry.add(bad)), "the root directory \"srv/a\" is not an absolute path");
  bad = machine("a", 2);
  bad.interfaces = {1, 0};
  EXPECT_EQ(text_of(registry.add(bad)), "0 is not the index of a network interface");
  bad.interfaces.assign(Registry::interfaces_max + 1, 1);
  EXPECT_EQ(text_of(registry.add(bad)), "257 network interfaces are more than 256");
  EXPECT_EQ(registry.all().size(), 1U);
}

TEST_F(RegistryTest, IsBoundedForEachUser) {
  for (std::size_t i = 0; i < Registry::machines_per_user_max; ++i) {
    const auto added = registry.add(machine("m" + std::to_string(i), static_cast<pid_t>(i) + 2));
    ASSERT_TRUE(added) << added.error().text;
  }
  const auto more = registry.add(machine("more", 90000));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, Refusal::Kind::too_many);
  Machine other = machine("more", 90000);
  other.registrar = 5;
  EXPECT_TRUE(registry.add(other));
  registry.remove("m0");
  EXPECT_TRUE(registry.add(machine("more-still", 90001)));
}

}  // namespace
}  // namespace headway::machined
