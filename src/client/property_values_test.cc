// SPDX-License-Identifier: MIT
#include "client/property_values.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "headway/interface.h"

namespace headway::client {
namespace {

using Values = std::map<std::string, variant>;

message changes(const Values& changed, const std::vector<std::string>& invalidated = {}) {
  detail::output content;
  const std::string interface = "org.example.Gauge1";
  detail::codec::encode(content, detail::type_of<std::string>, &interface);
  detail::codec::encode(content, detail::type_of<Values>, &changed);
  detail::codec::encode(content, detail::type_of<std::vector<std::string>>, &invalidated);
  return detail::make_message({.type = message_type::signal,
                               .path = "/",
                               .interface = "org.freedesktop.DBus.Properties",
                               .member = "PropertiesChanged"},
                              "sa{sv}as", std::move(content));
}

message answer(const Values& all) {
  detail::output content;
  detail::codec::encode(content, detail::type_of<Values>, &all);
  return detail::make_message({.type = message_type::method_return, .reply_serial = 1}, "a{sv}",
                              std::move(content));
}

void learn_all(PropertyValues& known, const message& all, PropertyValues::Stamp asked) {
  auto values = all.body();
  known.learn_all(values, all, asked);
}

/// "Level=3 Unit=?"
std::string told(const PropertyValues& known) {
  std::string text;
  for (const char* const name : {"Level", "Other"}) {
    const variant* const value = known.find(name);
    text += std::string(name) + "=" +
            (value == nullptr ? "?" : std::to_string(value->get<std::uint32_t>())) + " ";
  }
  return text;
}

TEST(PropertyValues, NothingIsKnownThatNobodySaid) {
  PropertyValues known;
  EXPECT_EQ(told(known), "Level=? Other=? ");
  learn_all(known, answer({{"Level", 3u}}), known.now());
  EXPECT_EQ(told(known), "Level=3 Other=? ");
  known.clear();
  EXPECT_EQ(told(known), "Level=? Other=? ");
}

TEST(PropertyValues, AChangeReplacesOrInvalidates) {
  PropertyValues known;
  learn_all(known, answer({{"Level", 3u}, {"Other", 4u}}), known.now());
  known.change(changes({{"Level", 5u}}));
  EXPECT_EQ(told(known), "Level=5 Other=4 ");
  known.change(changes({}, {"Level"}));
  EXPECT_EQ(told(known), "Level=? Other=4 ");
  known.learn("Level", 6u, known.now());
  EXPECT_EQ(told(known), "Level=6 Other=4 ");
}

TEST(PropertyValues, AnAnswerDoesNotUndoAChangeThatCameAfterTheQuestion) {
  PropertyValues known;
  const auto asked = known.now();
  known.change(changes({{"Level", 5u}}, {"Other"}));
  learn_all(known, answer({{"Level", 3u}, {"Other", 3u}}), asked);
  EXPECT_EQ(told(known), "Level=5 Other=? ");
  learn_all(known, answer({{"Level", 7u}, {"Other", 7u}}), known.now());
  EXPECT_EQ(told(known), "Level=7 Other=7 ");
}

TEST(PropertyValues, WhatIsNoChangeOfPropertiesChangesNothing) {
  PropertyValues known;
  known.change(answer({{"Level", 5u}}));
  EXPECT_EQ(told(known), "Level=? Other=? ");
}

}  // namespace
}  // namespace headway::client
