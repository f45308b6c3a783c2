// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "broker/dice_testing.h"
#include "broker/matches.h"
#include "wire/names.h"

/// Random rules come and go; the table must agree with a list of rules that is walked, whatever the
/// seed of its hashes.
namespace headway::broker {
namespace {

using testing::Dice;
using wire::MatchRule;
using Kind = MatchRule::ArgumentKind;

constexpr std::array<const char*, 6> names = {":1.1", ":1.2", ":1.3", "org.a", "org.b", "org.c"};
constexpr std::array<const char*, 3> interfaces = {"i.A", "i.B", "i.C"};
constexpr std::array<const char*, 3> members = {"M", "N", "O"};
constexpr std::array<const char*, 7> paths = {"/", "/a", "/a/b", "/a/bc", "/a/b/c", "/d", "/d/e"};
constexpr std::array<const char*, 8> argument_paths = {"/",     "/a/",    "/a", "/a/b",
                                                       "/a/b/", "/a/b/c", "a/", ""};
constexpr std::array<const char*, 6> texts = {"", "org", "org.a", "org.a.b", "org.ab", ":1.2"};
constexpr std::array<const char*, 3> name_spaces = {"org", "org.a", "org.a.b"};

MatchRule random_rule(Dice& dice) {
  MatchRule rule;
  if (dice.one_in(2)) rule.type = static_cast<wire::MessageType>(1 + dice.below(4));
  if (dice.one_in(3)) rule.sender = dice.of(names);
  if (dice.one_in(3)) rule.interface = dice.of(interfaces);
  if (dice.one_in(3)) rule.member = dice.of(members);
  if (dice.one_in(5)) rule.path = dice.of(paths);
  if (rule.path.empty() && dice.one_in(4)) rule.path_namespace = dice.of(paths);
  if (dice.one_in(8)) rule.destination = dice.of(names);
  for (std::uint8_t index = 0; index < 3; ++index) {
    if (!dice.one_in(5)) continue;
    switch (dice.below(index == 0 ? 3 : 2)) {
      case 0:
        rule.arguments.push_back({index, Kind::text, dice.of(texts)});
        break;
      case 1:
        rule.arguments.push_back({index, Kind::path, dice.of(argument_paths)});
        break;
      default:
        rule.arguments.push_back({index, Kind::name_space, dice.of(name_spaces)});
    }
  }
  if (dice.one_in(9)) rule.eavesdrop = true;
  return rule;
}

struct Sent {
  wire::Message message;
  std::vector<std::string_view> sender_names;
  std::vector<std::string_view> destination_names;
  std::string signature;
  std::vector<std::string> values;
  std::vector<std::uint8_t> body;
};

Sent random_message(Dice& dice) {
  Sent sent;
  sent.message.type = static_cast<wire::MessageType>(1 + dice.below(4));
  if (!dice.one_in(5)) sent.message.interface = dice.of(interfaces);
  if (!dice.one_in(5)) sent.message.member = dice.of(members);
  if (!dice.one_in(5)) sent.message.path = dice.of(paths);
  for (const char* name : names) {
    if (dice.one_in(3)) sent.sender_names.push_back(name);
    if (dice.one_in(4)) sent.destination_names.push_back(name);
  }
  wire::BodyWriter writer(sent.body);
  for (std::uint32_t n = dice.below(5); n > 0; --n) {
    const char type = dice.of(std::array{'s', 's', 'o', 'u'});
    sent.signature += type;
    sent.values.push_back(dice.one_in(2) ? dice.of(texts) : dice.of(argument_paths));
    type == 'u' ? writer.uint32(7) : writer.string(sent.values.back());
  }
  return sent;
}

bool argument_fits(const MatchRule::Argument& argument, const Sent& sent) {
  if (argument.index >= sent.values.size()) return false;
  const char type = sent.signature[argument.index];
  const std::string& text = sent.values[argument.index];
  const std::string& value = argument.value;
  switch (argument.kind) {
    case Kind::text:
      return type == 's' && text == value;
    case Kind::name_space:
      return type == 's' && (text == value || text.starts_with(value + '.'));
    case Kind::path:
      return type != 'u' && (text == value || (value.ends_with('/') && text.starts_with(value)) ||
                             (text.ends_with('/') && value.starts_with(text)));
  }
  return false;
}

/// MATCH-010 to MATCH-020, read aloud.
bool fits(const MatchRule& rule, const Sent& sent) {
  const auto differs = [](const std::string& value, std::string_view field) {
    return !value.empty() && value != field;
  };
  const auto lacks = [](const std::string& value, const std::vector<std::string_view>& of) {
    return !value.empty() && std::ranges::find(of, value) == of.end();
  };
  const wire::Message& message = sent.message;
  if (rule.type && *rule.type != message.type) return false;
  if (differs(rule.interface, message.interface) || differs(rule.member, message.member) ||
      differs(rule.path, message.path)) {
    return false;
  }
  if (lacks(rule.sender, sent.sender_names)) return false;
  if (lacks(rule.destination, sent.destination_names)) return false;
  if (!rule.path_namespace.empty() &&
      (message.path.empty() || !wire::is_path_within(message.path, rule.path_namespace))) {
    return false;
  }
  return std::ranges::all_of(rule.arguments,
                             [&](const auto& each) { return argument_fits(each, sent); });
}

/// The same table twice, with two seeds, and the list.
class Model {
 public:
  explicit Model(std::uint64_t seed) : seeded_(seed) {}

  void add(PeerId peer, const MatchRule& rule) {
    plain_.add(peer, rule);
    seeded_.add(peer, rule);
    rules_.emplace_back(peer, rule);
  }

  void remove(PeerId peer, const MatchRule& rule) {
    const auto at = std::ranges::find(rules_.rbegin(), rules_.rend(), std::pair(peer, rule));
    const bool expected = at != rules_.rend();
    EXPECT_EQ(plain_.remove(peer, rule), expected);
    EXPECT_EQ(seeded_.remove(peer, rule), expected);
    if (expected) rules_.erase(std::next(at).base());
  }

  void remove_all(PeerId peer) {
    plain_.remove_all(peer);
    seeded_.remove_all(peer);
    std::erase_if(rules_, [&](const auto& each) { return each.first == peer; });
  }

  void remove_naming(std::string_view name) {
    std::vector<PeerId> owners, same_owners, expected;
    plain_.remove_naming(name, owners);
    seeded_.remove_naming(name, same_owners);
    EXPECT_EQ(owners, same_owners);
    std::erase_if(rules_, [&](const auto& each) {
      const bool goes = each.second.sender == name || each.second.destination == name;
      if (goes) expected.push_back(each.first);
      return goes;
    });
    std::ranges::sort(owners);
    std::ranges::sort(expected);
    EXPECT_EQ(owners, expected);
  }

  void find(const Sent& sent) const {
    const std::vector<PeerId> found = find_in(plain_, sent);
    EXPECT_EQ(found, find_in(seeded_, sent));
    std::vector<PeerId> expected;
    for (const auto& [peer, rule] : rules_) {
      if (fits(rule, sent)) expected.push_back(peer);
    }
    EXPECT_EQ(distinct(found), distinct(expected));
  }

  void compare_rules(PeerId peer) const {
    std::vector<MatchRule> expected;
    for (const auto& [owner, rule] : rules_) {
      if (owner == peer) expected.push_back(rule);
    }
    EXPECT_EQ(plain_.rules_of(peer), expected);
    EXPECT_EQ(plain_.count(peer), expected.size());
    EXPECT_EQ(plain_.count(), rules_.size());
    EXPECT_EQ(plain_.empty(), rules_.empty());
  }

  /// One of the rules there are, to be removed.
  [[nodiscard]] std::pair<PeerId, MatchRule> any(Dice& dice) const { return dice.of(rules_); }
  [[nodiscard]] bool empty() const { return rules_.empty(); }

 private:
  static std::vector<PeerId> find_in(const MatchTable& table, const Sent& sent) {
    wire::Arguments arguments(sent.message.order, sent.signature, sent.body);
    std::vector<PeerId> found;
    table.find({sent.message, sent.sender_names, sent.destination_names, arguments}, found);
    return found;
  }
  static std::vector<PeerId> distinct(std::vector<PeerId> peers) {
    std::ranges::sort(peers);
    peers.erase(std::ranges::unique(peers).begin(), peers.end());
    return peers;
  }

  MatchTable plain_;
  MatchTable seeded_;
  std::vector<std::pair<PeerId, MatchRule>> rules_;
};

void step(Dice& dice, Model& model, std::uint32_t growth) {
  const PeerId peer{.slot = dice.below(6), .generation = 1 + dice.below(2)};
  const std::uint32_t what = dice.below(100);
  if (what < growth) {
    model.add(peer, random_rule(dice));
    if (dice.one_in(4)) model.add(peer, model.any(dice).second);
  } else if (what < 90) {
    if (model.empty()) return;
    const auto [owner, rule] = model.any(dice);
    model.remove(dice.one_in(5) ? peer : owner, rule);
  } else if (what < 92) {
    model.remove_all(peer);
  } else if (what < 93) {
    model.remove_naming(dice.of(names));
  } else {
    model.find(random_message(dice));
    model.compare_rules(peer);
  }
}

class MatchProperty : public ::testing::TestWithParam<std::uint64_t> {};

// MATCH-010 to MATCH-015, MATCH-019, MATCH-020, MATCH-026 to MATCH-028, MATCH-030.
TEST_P(MatchProperty, TheTableAgreesWithAWalkOverAllRules) {
  Dice dice(GetParam());
  Model model(GetParam() * 0x9e37'79b9'7f4a'7c15);
  for (int phase = 0; phase < 6 && !HasFailure(); ++phase) {
    const std::uint32_t growth = phase % 2 == 0 ? 75 : 20;
    for (int i = 0; i < 700 && !HasFailure(); ++i) step(dice, model, growth);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MatchProperty, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace headway::broker
