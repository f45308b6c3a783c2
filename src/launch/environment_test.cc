// SPDX-License-Identifier: MIT
#include "launch/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway::launch {
namespace {

using testing::ElementsAre;

const ActivationEnvironment::Bus custom = {.address = "unix:path=/b", .type = ""};
constexpr const char* starter = "DBUS_STARTER_ADDRESS=unix:path=/b";

// ACT-021
TEST(ActivationEnvironment, AProgramLearnsTheAddressOfTheBusThatStartsIt) {
  const ActivationEnvironment environment;
  EXPECT_THAT(environment.of_program(custom), ElementsAre(starter));
  EXPECT_THAT(environment.of_program({.address = "x:", .type = "session"}),
              ElementsAre("DBUS_SESSION_BUS_ADDRESS=x:", "DBUS_STARTER_ADDRESS=x:",
                          "DBUS_STARTER_BUS_TYPE=session"));
  EXPECT_THAT(environment.of_program({.address = "x:", .type = "system"}),
              ElementsAre("DBUS_STARTER_ADDRESS=x:", "DBUS_STARTER_BUS_TYPE=system",
                          "DBUS_SYSTEM_BUS_ADDRESS=x:"));
}

// ACT-021
TEST(ActivationEnvironment, TheAddressReplacesOneThatIsKnown) {
  ActivationEnvironment environment;
  ASSERT_TRUE(environment.set("DBUS_STARTER_ADDRESS", "other:"));
  ASSERT_TRUE(environment.set("DBUS_SYSTEM_BUS_ADDRESS", "other:"));
  EXPECT_THAT(environment.of_program({.address = "x:", .type = "session"}),
              ElementsAre("DBUS_SESSION_BUS_ADDRESS=x:", "DBUS_STARTER_ADDRESS=x:",
                          "DBUS_STARTER_BUS_TYPE=session", "DBUS_SYSTEM_BUS_ADDRESS=other:"));
}

TEST(ActivationEnvironment, StartsWithWhatTheBusHas) {
  const char* const entries[] = {"A=1", "=C:", "nonsense", "A=2", "B==3", "EMPTY=", nullptr};
  EXPECT_THAT(ActivationEnvironment(entries).of_program(custom),
              ElementsAre("A=1", "B==3", starter, "EMPTY="));
}

// ACT-022
TEST(ActivationEnvironment, WhatInitGaveToTheBusIsNotPassedOn) {
  const char* const entries[] = {
      "JOURNAL_STREAM=1", "LISTEN_FDNAMES=1", "LISTEN_FDS=1",   "LISTEN_PID=1",
      "NOTIFY_SOCKET=1",  "INVOCATION_ID=1",  "LISTEN_OTHER=1", nullptr};
  ActivationEnvironment environment(entries);
  ASSERT_TRUE(environment.set("NOTIFY_SOCKET", "2"));
  EXPECT_THAT(environment.of_program(custom), ElementsAre(starter, "LISTEN_OTHER=1"));
}

// ENV-001
TEST(ActivationEnvironment, LaterValuesReplaceEarlierOnes) {
  const char* const entries[] = {"A=1", nullptr};
  ActivationEnvironment environment(entries);
  EXPECT_TRUE(environment.set("A", "2"));
  EXPECT_TRUE(environment.set("B", "x=y"));
  EXPECT_THAT(environment.of_program(custom), ElementsAre("A=2", "B=x=y", starter));
}

// ENV-001
TEST(ActivationEnvironment, ANameIsNotEmptyAndNothingContainsAZeroByte) {
  ActivationEnvironment environment;
  EXPECT_FALSE(environment.set("", "1"));
  EXPECT_FALSE(environment.set("A=B", "1"));
  EXPECT_FALSE(environment.set(std::string_view("A\0", 2), "1"));
  EXPECT_FALSE(environment.set("A", std::string_view("1\0", 2)));
  EXPECT_THAT(environment.of_program(custom), ElementsAre(starter));
}

TEST(ActivationEnvironment, IsBoundedInNumberAndSize) {
  ActivationEnvironment many;
  for (std::size_t i = 0; i < ActivationEnvironment::variables_max; ++i) {
    ASSERT_TRUE(many.set(std::to_string(i), ""));
  }
  EXPECT_FALSE(many.set("A", ""));
  EXPECT_TRUE(many.set("0", "1"));

  ActivationEnvironment large;
  EXPECT_FALSE(large.set("A", std::string(ActivationEnvironment::variable_bytes_max - 1, 'x')));
  const std::string value(ActivationEnvironment::variable_bytes_max - 2, 'x');
  for (const char name : std::string_view("ABCDEFG")) {
    ASSERT_TRUE(large.set(std::string_view(&name, 1), value));
  }
  EXPECT_FALSE(large.set("H", value));
  EXPECT_TRUE(large.set("A", value));  // instead of itself
  EXPECT_TRUE(large.set("A", ""));
  EXPECT_TRUE(large.set("H", value));
}

}  // namespace
}  // namespace headway::launch
