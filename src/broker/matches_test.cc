// SPDX-License-Identifier: MIT
#include "broker/matches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "wire/body.h"

namespace headway::broker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using wire::MatchRule;
using Kind = MatchRule::ArgumentKind;

constexpr const char* bus = "org.freedesktop.DBus";

PeerId peer(std::uint32_t slot) { return {.slot = slot, .generation = 1}; }

/// A message with string-like arguments; `signature` says of which types.
struct Sent {
  wire::Message message;
  std::vector<std::string_view> sender_names = {":1.7", "org.sender"};
  std::vector<std::string_view> destination_names;
  std::vector<std::uint8_t> body;

  explicit Sent(std::string_view signature = "", std::initializer_list<const char*> values = {},
                wire::ByteOrder order = wire::native_order) {
    message.type = wire::MessageType::signal;
    message.interface = "org.example.I";
    message.member = "M";
    message.path = "/a/b";
    message.signature = signature;
    message.order = order;
    wire::BodyWriter writer(body, order);
    for (const char* value : values) writer.string(value);
  }
};

std::vector<PeerId> find(const MatchTable& table, const Sent& sent) {
  wire::Arguments arguments(sent.message.order, sent.message.signature, sent.body);
  std::vector<PeerId> found;
  table.find({sent.message, sent.sender_names, sent.destination_names, arguments}, found);
  return found;
}

bool fits(const MatchRule& rule, const Sent& sent) {
  MatchTable table;
  table.add(peer(1), rule);
  return !find(table, sent).empty();
}

bool path_fits(const char* value, const char* argument) {
  return fits({.arguments = {{0, Kind::path, value}}}, Sent("s", {argument}));
}

// MATCH-001.
TEST(MatchTable, TheEmptyRuleMatchesEverything) {
  EXPECT_TRUE(fits({}, Sent()));
  EXPECT_TRUE(fits({}, Sent("s", {"x"})));
}

// MATCH-010, MATCH-019.
TEST(MatchTable, AllConditionsMustHold) {
  const MatchRule rule{.type = wire::MessageType::signal,
                       .interface = "org.example.I",
                       .member = "M",
                       .path = "/a/b"};
  Sent other;
  other.message.member = "N";
  Sent call;
  call.message.type = wire::MessageType::method_call;

  EXPECT_TRUE(fits(rule, Sent()));
  EXPECT_FALSE(fits(rule, other));
  EXPECT_FALSE(fits(rule, call));
}

// MATCH-019.
TEST(MatchTable, AConditionOnAnAbsentFieldFails) {
  Sent sent;
  sent.message.interface = {};
  sent.message.path = {};

  EXPECT_FALSE(fits({.interface = "org.example.I"}, sent));
  EXPECT_FALSE(fits({.path = "/a/b"}, sent));
  EXPECT_FALSE(fits({.path_namespace = "/"}, sent));
  EXPECT_FALSE(fits({.destination = ":1.2"}, sent));
  EXPECT_TRUE(fits({.member = "M"}, sent));
}

// MATCH-012.
TEST(MatchTable, APathNamespaceIsThePathAndWhatLiesBelowIt) {
  const auto path_within = [](const char* name_space, const char* path) {
    Sent sent;
    sent.message.path = path;
    return fits({.path_namespace = name_space}, sent);
  };

  EXPECT_TRUE(path_within("/a/b", "/a/b"));
  EXPECT_TRUE(path_within("/a/b", "/a/b/c/d"));
  EXPECT_FALSE(path_within("/a/b", "/a/bc"));
  EXPECT_FALSE(path_within("/a/b", "/a"));
  EXPECT_TRUE(path_within("/", "/"));
  EXPECT_TRUE(path_within("/", "/a"));
  EXPECT_FALSE(path_within("/a", "/"));
}

// MATCH-013.
TEST(MatchTable, AnArgumentConditionComparesAStringAtItsPlace) {
  EXPECT_TRUE(fits({.arguments = {{1, Kind::text, "y"}}}, Sent("ss", {"x", "y"})));
  EXPECT_FALSE(fits({.arguments = {{0, Kind::text, "y"}}}, Sent("ss", {"x", "y"})));
  EXPECT_TRUE(fits({.arguments = {{0, Kind::text, ""}}}, Sent("s", {""})));
  EXPECT_FALSE(fits({.arguments = {{0, Kind::text, "/a"}}}, Sent("o", {"/a"})));
}

// MATCH-013, MATCH-026.
TEST(MatchTable, AMessageWithFewerArgumentsDoesNotMatch) {
  EXPECT_FALSE(fits({.arguments = {{2, Kind::text, ""}}}, Sent("ss", {"", ""})));
  EXPECT_FALSE(fits({.arguments = {{0, Kind::text, ""}}}, Sent()));
  EXPECT_FALSE(fits({.arguments = {{0, Kind::path, ""}}}, Sent()));
  EXPECT_FALSE(fits({.arguments = {{0, Kind::name_space, "a"}}}, Sent()));
}

// MATCH-026.
TEST(MatchTable, BodiesInEitherByteOrderWork) {
  const MatchRule rule{.arguments = {{1, Kind::text, "y"}}};

  EXPECT_TRUE(fits(rule, Sent("ss", {"x", "y"}, wire::ByteOrder::little)));
  EXPECT_TRUE(fits(rule, Sent("ss", {"x", "y"}, wire::ByteOrder::big)));
}

// MATCH-013.
TEST(MatchTable, TheLastArgumentThatCanBeNamedIsFound) {
  Sent sent;
  const std::string signature(64, 's');
  sent.message.signature = signature;
  wire::BodyWriter writer(sent.body);
  for (int i = 0; i < 63; ++i) writer.string("x");
  writer.string("last");

  EXPECT_TRUE(fits({.arguments = {{63, Kind::text, "last"}}}, sent));
  EXPECT_TRUE(fits({.arguments = {{0, Kind::text, "x"}, {63, Kind::path, "last"}}}, sent));
  EXPECT_FALSE(fits({.arguments = {{62, Kind::text, "last"}}}, sent));
}

// MATCH-014.
TEST(MatchTable, AnArgumentPathMatchesIfEitherHoldsTheOtherUpToASlash) {
  EXPECT_TRUE(path_fits("/aa/bb/", "/aa/bb/cc"));
  EXPECT_TRUE(path_fits("/aa/bb/", "/aa/bb/"));
  EXPECT_TRUE(path_fits("/aa/bb/", "/aa/"));
  EXPECT_TRUE(path_fits("/aa/bb/", "/"));
  EXPECT_TRUE(path_fits("/aa/bb", "/aa/"));
  EXPECT_TRUE(path_fits("/aa/bb", "/aa/bb"));
  EXPECT_TRUE(path_fits("/", "/aa"));
  EXPECT_TRUE(path_fits("a/", "a/b"));
  EXPECT_FALSE(path_fits("/aa/bb/", "/aa/bb"));
  EXPECT_FALSE(path_fits("/aa/bb/", "/aa/b"));
  EXPECT_FALSE(path_fits("/aa/bb", "/aa/bb/"));
  EXPECT_FALSE(path_fits("/aa/bb", "/aa"));
  EXPECT_FALSE(path_fits("/aa/bb", ""));
  EXPECT_FALSE(path_fits("", "/"));
  EXPECT_TRUE(path_fits("", ""));
}

// MATCH-014.
TEST(MatchTable, AnArgumentPathAlsoComparesObjectPaths) {
  EXPECT_TRUE(fits({.arguments = {{0, Kind::path, "/a/"}}}, Sent("o", {"/a/b"})));
}

// MATCH-015.
TEST(MatchTable, AnArgumentNamespaceIsTheNameAndWhatLiesBelowIt) {
  const auto within = [](const char* value, const char* type, const char* argument) {
    return fits({.arguments = {{0, Kind::name_space, value}}}, Sent(type, {argument}));
  };

  EXPECT_TRUE(within("org.a", "s", "org.a"));
  EXPECT_TRUE(within("org.a", "s", "org.a.b"));
  EXPECT_TRUE(within("org", "s", "org.a.b"));
  EXPECT_FALSE(within("org.a", "s", "org.ab"));
  EXPECT_FALSE(within("org.a", "s", "org"));
  EXPECT_FALSE(within("org", "o", "org"));
}

// MATCH-020.
TEST(MatchTable, ASenderIsAnyNameThatTheSenderOwns) {
  Sent from_bus;
  from_bus.sender_names = {bus};

  EXPECT_TRUE(fits({.sender = ":1.7"}, Sent()));
  EXPECT_TRUE(fits({.sender = "org.sender"}, Sent()));
  EXPECT_FALSE(fits({.sender = "org.other"}, Sent()));
  EXPECT_TRUE(fits({.sender = bus}, from_bus));
}

// MATCH-021.
TEST(MatchTable, ASenderRuleStartsToMatchOnceItsNameIsOwned) {
  MatchTable table;
  table.add(peer(1), {.sender = "org.later"});
  Sent sent;

  EXPECT_THAT(find(table, sent), IsEmpty());
  sent.sender_names.push_back("org.later");
  EXPECT_THAT(find(table, sent), ElementsAre(peer(1)));
}

// MATCH-023: of use in a monitor's table.
TEST(MatchTable, ADestinationIsAnyNameOfTheReceiver) {
  Sent sent;
  sent.destination_names = {":1.2", "org.receiver"};

  EXPECT_TRUE(fits({.destination = ":1.2"}, sent));
  EXPECT_TRUE(fits({.destination = "org.receiver"}, sent));
  EXPECT_FALSE(fits({.destination = ":1.3"}, sent));
}

// MATCH-027, MATCH-028.
TEST(MatchTable, ARuleAddedTwiceMustBeRemovedTwice) {
  MatchTable table;
  table.add(peer(1), {.member = "M"});
  table.add(peer(1), {.member = "M"});

  EXPECT_THAT(find(table, Sent()), UnorderedElementsAre(peer(1)));
  EXPECT_TRUE(table.remove(peer(1), {.member = "M"}));
  EXPECT_THAT(find(table, Sent()), UnorderedElementsAre(peer(1)));
  EXPECT_TRUE(table.remove(peer(1), {.member = "M"}));
  EXPECT_THAT(find(table, Sent()), IsEmpty());
  EXPECT_FALSE(table.remove(peer(1), {.member = "M"}));
  EXPECT_TRUE(table.empty());
}

// MATCH-028.
TEST(MatchTable, RemovalTakesTheMostRecentlyAddedEqualRule) {
  MatchTable table;
  table.add(peer(1), {.member = "A"});
  table.add(peer(1), {.member = "B"});
  table.add(peer(1), {.member = "A"});

  EXPECT_TRUE(table.remove(peer(1), {.member = "A"}));

  EXPECT_THAT(table.rules_of(peer(1)),
              ElementsAre(MatchRule{.member = "A"}, MatchRule{.member = "B"}));
}

// MATCH-028.
TEST(MatchTable, OnlyAnEqualRuleOfTheSamePeerIsRemoved) {
  MatchTable table;
  table.add(peer(1), {.member = "M"});

  EXPECT_FALSE(table.remove(peer(2), {.member = "M"}));
  EXPECT_FALSE(table.remove({.slot = 1, .generation = 2}, {.member = "M"}));
  EXPECT_FALSE(table.remove(peer(1), {.member = "M", .eavesdrop = true}));
  EXPECT_FALSE(table.remove(peer(1), {.interface = "M"}));
  EXPECT_FALSE(table.remove(peer(1), {}));
  EXPECT_EQ(table.count(peer(1)), 1u);
}

// MATCH-030.
TEST(MatchTable, AllRulesOfAPeerVanishAndNoOthers) {
  MatchTable table;
  for (const std::uint32_t slot : {1u, 2u}) {
    table.add(peer(slot), {.member = "M"});
    table.add(peer(slot), {.member = "M"});
    table.add(peer(slot), {.path_namespace = "/a"});
  }

  table.remove_all(peer(1));

  EXPECT_THAT(find(table, Sent()), ElementsAre(peer(2), peer(2)));
  EXPECT_EQ(table.count(peer(1)), 0u);
  EXPECT_EQ(table.count(), 3u);
}

// MATCH-030.
TEST(MatchTable, RulesThatNameAVanishedUniqueNameVanishAndTheirOwnersAreTold) {
  MatchTable table;
  table.add(peer(1), {.sender = ":1.7"});
  table.add(peer(2), {.member = "M", .destination = ":1.7"});
  table.add(peer(3), {.sender = ":1.7"});
  table.add(peer(3), {.sender = ":1.7"});
  table.add(peer(4), {.sender = ":1.8"});
  table.add(peer(5), {.arguments = {{0, Kind::text, ":1.7"}}});
  table.add(peer(6), {.sender = ":1.7", .destination = ":1.7"});
  std::vector<PeerId> owners;

  table.remove_naming(":1.7", owners);

  EXPECT_THAT(owners, UnorderedElementsAre(peer(1), peer(2), peer(3), peer(3), peer(6)));
  EXPECT_EQ(table.count(), 2u);
  EXPECT_EQ(table.count(peer(4)), 1u);
  EXPECT_FALSE(table.remove(peer(1), {.sender = ":1.7"}));
}

// MATCH-032, MATCH-024: the caller merges peers.
TEST(MatchTable, PeersWithTheSameRuleComeInTheOrderOfAdding) {
  MatchTable table;
  for (std::uint32_t slot = 1; slot <= 5; ++slot) table.add(peer(6 - slot), {.member = "M"});
  table.remove_all(peer(3));

  EXPECT_THAT(find(table, Sent()), ElementsAre(peer(5), peer(4), peer(2), peer(1)));
}

TEST(MatchTable, ResultsAreAppended) {
  MatchTable table;
  table.add(peer(1), {});
  const Sent sent;
  wire::Arguments arguments(sent.message.order, "", sent.body);
  std::vector<PeerId> found = {peer(9)};

  table.find({sent.message, sent.sender_names, sent.destination_names, arguments}, found);

  EXPECT_THAT(found, ElementsAre(peer(9), peer(1)));
}

// STAT-004.
TEST(MatchTable, ARulesOwnerGetsItBackAsItWasAdded) {
  const MatchRule rule{
      .type = wire::MessageType::error,
      .sender = "org.sender",
      .interface = "org.example.I",
      .member = "M",
      .path = "/p",
      .path_namespace = "/q",
      .destination = ":1.2",
      .arguments = {{0, Kind::name_space, "org"}, {3, Kind::path, "/x/"}, {63, Kind::text, ""}},
      .eavesdrop = true};
  MatchTable table;
  table.add(peer(1), rule);

  EXPECT_THAT(table.rules_of(peer(1)), ElementsAre(rule));
  EXPECT_THAT(table.rules_of(peer(2)), IsEmpty());
}

// MATCH-032: no message can cost more than a look at every rule.
TEST(MatchTable, AMessageThatFitsManyPrefixesFindsEachRuleOnce) {
  MatchTable table;
  std::string path, argument;
  for (std::uint32_t i = 0; i < 100; ++i) {
    path += "/p";
    argument += argument.empty() ? "n" : ".n";
    table.add(peer(i), {.path_namespace = path, .arguments = {{0, Kind::name_space, argument}}});
  }
  Sent sent("s", {argument.c_str()});
  sent.message.path = path;

  EXPECT_EQ(find(table, sent).size(), 100u);
}

// MATCH-014: an argument that is longer than any rule costs a look at as much as rules say.
TEST(MatchTable, VeryLongArgumentsMatchByTheirPrefixes) {
  std::string argument = "/a/b/";
  while (argument.size() < 100'000) argument += "x/";
  argument += 'y';

  EXPECT_TRUE(path_fits("/a/", argument.c_str()));
  EXPECT_FALSE(path_fits("/b/", argument.c_str()));
  EXPECT_FALSE(fits({.arguments = {{0, Kind::text, "x"}}}, Sent("s", {argument.c_str()})));
}

}  // namespace
}  // namespace headway::broker
