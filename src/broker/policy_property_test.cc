// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "broker/dice_testing.h"
#include "broker/policy.h"
#include "wire/names.h"

/// Random policies, identities and messages: the index must decide as a plain reading of the
/// requirements does, which knows names instead of keys and walks every rule.
namespace headway::broker {
namespace {

using Context = PolicySection::Context;
using testing::Dice;
using Kind = PolicyRule::Kind;

constexpr std::array<const char*, 9> names = {":1.1",    ":1.2",      "org.a",
                                              "org.a.b", "org.a.b.c", "org.b",
                                              "org.c",   "com.x.y",   "org.freedesktop.DBus"};
constexpr std::array<const char*, 5> name_prefixes = {"org", "org.a", "org.a.b", "com.x", "or"};
constexpr std::array<const char*, 4> interfaces = {"i.A", "i.B", "i.C", "i.D"};
constexpr std::array<const char*, 5> members = {"M", "N", "O", "P", "Q"};
constexpr std::array<const char*, 3> paths = {"/", "/p", "/q"};
constexpr std::array<const char*, 2> errors = {"e.E", "e.F"};

PolicyRule random_rule(Dice& dice) {
  PolicyRule rule;
  rule.allow = dice.one_in(2);
  rule.log = dice.one_in(9);
  const std::uint32_t kind = dice.below(7);
  if (kind == 0) {
    rule.kind = Kind::own;
    rule.own = dice.of(std::array{PolicyRule::Own::any, PolicyRule::Own::exact,
                                  PolicyRule::Own::prefix, PolicyRule::Own::exact});
    if (rule.own != PolicyRule::Own::any)
      rule.name = dice.one_in(2) ? dice.of(names) : dice.of(name_prefixes);
    return rule;
  }
  rule.kind = kind < 4 ? Kind::send : Kind::receive;
  if (dice.one_in(3)) rule.type = static_cast<std::uint8_t>(1 + dice.below(4));
  if (dice.one_in(2)) rule.interface = dice.of(interfaces);
  if (dice.one_in(2)) rule.member = dice.of(members);
  if (dice.one_in(8)) rule.error = dice.of(errors);
  if (dice.one_in(6)) rule.path = dice.of(paths);
  if (dice.one_in(2)) rule.peer = dice.of(names);
  if (rule.kind == Kind::send && dice.one_in(6)) rule.peer_prefix = dice.of(name_prefixes);
  if (rule.kind == Kind::send && dice.one_in(8)) rule.broadcast = dice.one_in(2);
  if (dice.one_in(5)) rule.requested_reply = dice.one_in(2);
  if (dice.one_in(5)) rule.eavesdrop = dice.one_in(2);
  if (dice.one_in(9)) rule.fds_min = dice.below(3);
  if (dice.one_in(9)) rule.fds_max = dice.below(3);
  return rule;
}

PolicyRules random_rules(Dice& dice) {
  PolicyRules rules;
  rules.files = {"f"};
  const std::uint32_t sections = 1 + dice.below(8);
  const std::uint32_t rules_max = dice.of(std::array{2u, 10u, 60u});
  for (std::uint32_t i = 0; i < sections; ++i) {
    PolicySection& section = rules.sections.emplace_back();
    section.context = static_cast<Context>(dice.below(6));
    section.id = dice.below(3);
    for (std::uint32_t n = dice.below(rules_max); n > 0; --n)
      section.rules.push_back(random_rule(dice));
  }
  return rules;
}

/// POL-003, read aloud.
std::vector<const PolicyRule*> list_for(const PolicyRules& rules, const Identity& who) {
  std::vector<const PolicyRule*> list;
  const auto append = [&](Context context, std::optional<std::uint32_t> id) {
    for (const PolicySection& section : rules.sections) {
      if (section.context != context || (id && section.id != *id)) continue;
      for (const PolicyRule& rule : section.rules) list.push_back(&rule);
    }
  };
  append(Context::defaults, {});
  for (const std::uint32_t group : who.groups) append(Context::group, group);
  if (who.uid) append(Context::user, who.uid);
  append(who.at_console ? Context::at_console : Context::not_at_console, {});
  append(Context::mandatory, {});
  return list;
}

using Names = std::vector<std::string_view>;

bool peer_fits(const PolicyRule& rule, const Names& peer) {
  if (!rule.peer.empty() && std::ranges::find(peer, rule.peer) == peer.end()) return false;
  return rule.peer_prefix.empty() || std::ranges::any_of(peer, [&](std::string_view name) {
           return wire::is_name_within(name, rule.peer_prefix);
         });
}

/// POL-026 to POL-042, read aloud.
bool applies(const PolicyRule& rule, const Delivery& delivery, const Names& peer) {
  const wire::Message& message = delivery.message;
  const bool eavesdrop = rule.eavesdrop.value_or(false);
  if (rule.type != 0 && rule.type != static_cast<std::uint8_t>(message.type)) return false;
  if (message.reply_serial != 0) {
    const bool requested_reply = rule.requested_reply.value_or(rule.allow);
    if (rule.allow && requested_reply && !eavesdrop && !delivery.requested_reply) return false;
    if (!rule.allow && !requested_reply && delivery.requested_reply) return false;
  }
  if (rule.kind == Kind::receive) {
    if (rule.allow && !eavesdrop && delivery.eavesdropping) return false;
    if (!rule.allow && eavesdrop && !delivery.eavesdropping) return false;
  }
  const auto differs = [](std::string_view field, const std::string& value) {
    return !value.empty() && !field.empty() && field != value;
  };
  if (differs(message.path, rule.path) || differs(message.member, rule.member)) return false;
  if (differs(message.error_name, rule.error)) return false;
  if (!rule.interface.empty()) {
    if (message.interface.empty() ? rule.allow : message.interface != rule.interface) return false;
  }
  if (rule.broadcast && *rule.broadcast != delivery.broadcast) return false;
  if (delivery.fds < rule.fds_min || delivery.fds > rule.fds_max) return false;
  return peer_fits(rule, peer);
}

bool owns(const PolicyRule& rule, std::string_view name) {
  switch (rule.own) {
    case PolicyRule::Own::any:
      return true;
    case PolicyRule::Own::exact:
      return rule.name == name;
    case PolicyRule::Own::prefix:
      return wire::is_name_within(name, rule.name);
  }
  return false;
}

wire::Message random_message(Dice& dice) {
  wire::Message message;
  message.type = static_cast<wire::MessageType>(1 + (dice.one_in(20) ? 8 : dice.below(4)));
  if (message.is_reply() || dice.one_in(20)) message.reply_serial = 5;
  if (!dice.one_in(3)) message.interface = dice.of(interfaces);
  if (!dice.one_in(4)) message.member = dice.of(members);
  if (!dice.one_in(3)) message.path = dice.of(paths);
  if (dice.one_in(3)) message.error_name = dice.of(errors);
  return message;
}

/// The rules that match, latest first; the first decides.
template <class Fits>
std::vector<const PolicyRule*> matching(const std::vector<const PolicyRule*>& list, Kind kind,
                                        Fits&& fits) {
  std::vector<const PolicyRule*> found;
  for (const PolicyRule* rule : list) {
    if (rule->kind == kind && fits(*rule)) found.insert(found.begin(), rule);
  }
  return found;
}

void expect_same(const Verdict& verdict, const std::vector<const PolicyRule*>& expected) {
  const PolicyRule* rule = expected.empty() ? nullptr : expected.front();
  ASSERT_EQ(verdict.rule == nullptr, rule == nullptr);
  EXPECT_EQ(verdict.allowed, rule != nullptr && rule->allow);
  EXPECT_EQ(verdict.log, rule != nullptr && rule->log);
  if (rule == nullptr) return;
  EXPECT_EQ(verdict.rule->source, rule->source);
}

void expect_same(const std::vector<const PolicyRule*>& overridden,
                 const std::vector<const PolicyRule*>& expected) {
  ASSERT_EQ(overridden.size(), expected.empty() ? 0 : expected.size() - 1);
  for (std::size_t i = 0; i < overridden.size(); ++i) {
    EXPECT_EQ(overridden[i]->source, expected[i + 1]->source);
  }
}

void try_messages(Dice& dice, const PolicyRules& rules, Policy& policy, const Identity& who) {
  const auto set = policy.for_identity(who);
  const std::vector<const PolicyRule*> list = list_for(rules, who);
  for (int i = 0; i < 40; ++i) {
    const wire::Message message = random_message(dice);
    const Delivery delivery{.message = message,
                            .requested_reply = dice.one_in(2),
                            .broadcast = dice.one_in(3),
                            .eavesdropping = dice.one_in(3),
                            .fds = dice.below(3)};
    Names peer;
    std::vector<PolicyKey> keys;
    for (std::uint32_t n = dice.below(4); n > 0; --n) {
      peer.push_back(dice.of(names));
      policy.keys_of(peer.back(), keys);
    }
    const auto fits = [&](const PolicyRule& rule) { return applies(rule, delivery, peer); };

    const auto sent = matching(list, Kind::send, fits);
    expect_same(set->may_send(delivery, keys), sent);
    expect_same(set->overridden_send(delivery, keys), sent);
    const auto received = matching(list, Kind::receive, fits);
    expect_same(set->may_receive(delivery, keys), received);
    expect_same(set->overridden_receive(delivery, keys), received);
  }
  for (const char* name : names) {
    expect_same(set->may_own(name), matching(list, Kind::own, [&](const PolicyRule& rule) {
                  return owns(rule, name);
                }));
  }
}

class PolicyProperty : public ::testing::TestWithParam<std::uint64_t> {};

// POL-003, POL-004, POL-026 to POL-042, POL-044, POL-056.
TEST_P(PolicyProperty, TheIndexDecidesAsAWalkOverAllRulesDoes) {
  Dice dice(GetParam());
  for (int round = 0; round < 40 && !HasFailure(); ++round) {
    PolicyRules rules = random_rules(dice);
    std::uint32_t line = 0;
    for (PolicySection& section : rules.sections) {
      for (PolicyRule& rule : section.rules) rule.source.line = ++line;
    }
    Policy policy(rules);
    for (int identity = 0; identity < 4; ++identity) {
      Identity who{.uid = dice.below(3), .groups = {}, .at_console = dice.one_in(2)};
      if (dice.one_in(9)) who.uid.reset();
      for (std::uint32_t group = 0; group < 3; ++group) {
        if (dice.one_in(2)) who.groups.push_back(group);
      }
      try_messages(dice, rules, policy, who);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PolicyProperty, ::testing::Range<std::uint64_t>(1, 6));

}  // namespace
}  // namespace headway::broker
