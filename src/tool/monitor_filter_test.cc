// SPDX-License-Identifier: MIT
#include "tool/monitor_filter.h"

#include <gtest/gtest.h>

#include "tool/traffic_testing.h"
#include "wire/match_rule.h"

namespace headway::tool {
namespace {

using testing::call_of;
using testing::reply_of;
using testing::signal_of;
using Texts = std::vector<std::string>;

const message call = call_of(":1.1", "a.service");
const message reply = reply_of(":1.2", ":1.1");
const message signal = signal_of(":1.2");

PeerBook service_at_two() {
  PeerBook peers;
  peers.own("a.service", ":1.2");
  peers.at(":1.1") = {.names = {}, .pid = 11, .uid = 1000, .executable = "/usr/bin/client"};
  return peers;
}

bool shown(const MonitorFilter& filter, const message& what) {
  return fits(filter, what, service_at_two());
}

TEST(MonitorFilter, WithoutAnythingShowsEverything) {
  EXPECT_TRUE(shown({}, call));
  EXPECT_TRUE(shown({}, reply));
  EXPECT_TRUE(fits_type({}, message_type::error));
}

TEST(MonitorFilter, ANameMeansItsOwnerInBothDirections) {
  for (const char* name : {"a.service", ":1.2", "a.*"}) {
    EXPECT_TRUE(shown({.names = {name}}, call)) << name;
    EXPECT_TRUE(shown({.names = {name}}, reply)) << name;
    EXPECT_TRUE(shown({.names = {name}}, signal)) << name;
  }
  EXPECT_FALSE(shown({.names = {"a.serv"}}, call));
  EXPECT_TRUE(shown({.names = {"a.serv", ":1.1"}}, call));
  EXPECT_FALSE(shown({.names = {":1.1"}}, signal));
  EXPECT_FALSE(fits({.names = {"a.service"}}, signal, PeerBook()));
}

TEST(MonitorFilter, WhatAMessageDoesNotHaveDoesNotFit) {
  EXPECT_TRUE(shown({.interfaces = {"a.b"}}, call));
  EXPECT_TRUE(shown({.interfaces = {"a.?"}, .members = {"[LMN]"}}, call));
  EXPECT_FALSE(shown({.interfaces = {"a.c"}}, call));
  EXPECT_FALSE(shown({.interfaces = {"*"}}, reply));
  EXPECT_FALSE(shown({.members = {"M"}}, signal));
}

TEST(MonitorFilter, APathIsThatOrOneBelow) {
  EXPECT_TRUE(shown({.paths = {"/p/q"}}, signal));
  EXPECT_FALSE(shown({.paths = {"/p"}}, signal));
  EXPECT_TRUE(shown({.path_namespaces = {"/p"}}, signal));
  EXPECT_TRUE(shown({.path_namespaces = {"/p/q"}}, signal));
  EXPECT_TRUE(shown({.path_namespaces = {"/"}}, signal));
  EXPECT_FALSE(shown({.path_namespaces = {"/p/"}}, signal));
  EXPECT_FALSE(shown({.path_namespaces = {"/"}}, reply));
  EXPECT_TRUE(shown({.paths = {"/x"}, .path_namespaces = {"/p"}}, signal));
}

TEST(MonitorFilter, AProgramIsThatOfTheSender) {
  for (const char* program : {"client", "/usr/bin/client", "cl*"}) {
    EXPECT_TRUE(shown({.executables = {program}}, call)) << program;
    EXPECT_FALSE(shown({.executables = {program}}, signal)) << program;
  }
  EXPECT_TRUE(shown({.pids = {11}, .uids = {5, 1000}}, call));
  EXPECT_FALSE(shown({.pids = {12}, .uids = {1000}}, call));
  EXPECT_FALSE(shown({.uids = {0}}, signal));
}

TEST(MonitorFilter, AsksTheBusForNoMoreThanItNeeds) {
  EXPECT_EQ(rules_of({}), Texts());
  EXPECT_EQ(rules_of({.types = {message_type::method_return}}), Texts());
  const std::string comings =
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
      "member='NameOwnerChanged'";
  EXPECT_EQ(rules_of({.types = {message_type::signal}, .names = {"a.b"}}),
            (Texts{"type='signal'", comings}));
  EXPECT_EQ(rules_of({.types = {message_type::signal, message_type::method_call},
                      .interfaces = {"a.b"},
                      .members = {"M*"},
                      .path_namespaces = {"/p", "/q"}}),
            (Texts{"type='signal',interface='a.b',path_namespace='/p'",
                   "type='signal',interface='a.b',path_namespace='/q'",
                   "type='method_call',interface='a.b',path_namespace='/p'",
                   "type='method_call',interface='a.b',path_namespace='/q'", comings}));
  EXPECT_EQ(rules_of({.types = {message_type::signal}, .members = {"it's"}}),
            (Texts{"type='signal'", comings}));
  EXPECT_EQ(rules_of({.types = {message_type::signal}, .members = Texts(33, "M")}), Texts());
}

TEST(MonitorFilter, ItsRulesAreRules) {
  for (const std::string& rule : rules_of({.types = {message_type::signal},
                                           .interfaces = {"a.b"},
                                           .members = {"M"},
                                           .paths = {"/p"}})) {
    EXPECT_TRUE(wire::parse_match_rule(rule)) << rule;
  }
}

TEST(MonitorFilter, TypesHaveTheWordsOfRulesAndShorterOnes) {
  for (const auto type : {message_type::method_call, message_type::method_return,
                          message_type::error, message_type::signal}) {
    EXPECT_EQ(parse_message_type(word_of(type)), type);
  }
  EXPECT_EQ(parse_message_type("method_return"), message_type::method_return);
  EXPECT_EQ(parse_message_type("signals"), std::nullopt);
}

}  // namespace
}  // namespace headway::tool
