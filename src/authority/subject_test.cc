// SPDX-License-Identifier: MIT
#include "authority/subject.h"

#include <fcntl.h>
#include <gmock/gmock.h>

namespace headway::authority {
namespace {

using Details = std::map<std::string, variant>;
using ::testing::HasSubstr;

std::expected<Subject, std::string> process(Details details) {
  return parse_subject({.kind = "unix-process", .details = std::move(details)});
}

TEST(Subject, AProcessIsNamedByItsNumber) {
  const auto subject =
      process({{"pid", 5U}, {"start-time", std::uint64_t{7}}, {"uid", std::int32_t{1000}}});
  ASSERT_TRUE(subject) << subject.error();
  const auto& it = std::get<ProcessSubject>(*subject);
  EXPECT_EQ(it.pid, 5U);
  EXPECT_EQ(it.start_time, 7U);
  EXPECT_EQ(it.uid, 1000U);
  EXPECT_FALSE(it.pidfd);
}

TEST(Subject, ItsUidMayBeAnyButTheOneThatMeansNone) {
  const auto uid_of = [](std::int32_t uid) {
    return std::get<ProcessSubject>(process({{"pid", 5U}, {"uid", uid}}).value()).uid;
  };
  EXPECT_EQ(uid_of(0), 0U);
  EXPECT_EQ(uid_of(static_cast<std::int32_t>(4000000000U)), 4000000000U);
  EXPECT_EQ(uid_of(static_cast<std::int32_t>(4294967294U)), 4294967294U);
  EXPECT_EQ(uid_of(-1), std::nullopt);
  EXPECT_EQ(std::get<ProcessSubject>(process({{"pid", 5U}}).value()).uid, std::nullopt);
}

TEST(Subject, WhatIsOfAnotherTypeIsRefused) {
  EXPECT_THAT(process({{"pid", std::int32_t{5}}}).error(), HasSubstr("\"pid\""));
  EXPECT_THAT(process({{"pid", "5"}}).error(), HasSubstr("of type s, not u"));
  EXPECT_FALSE(process({{"pid", 5U}, {"start-time", 7U}}));
  EXPECT_FALSE(process({{"pid", 5U}, {"uid", 0U}}));
  EXPECT_FALSE(process({{"pid", 5U}, {"pidfd", 3U}}));
  EXPECT_FALSE(parse_subject({.kind = "unix-session", .details = {{"session-id", 1U}}}));
  EXPECT_FALSE(parse_subject({.kind = "system-bus-name", .details = {{"name", true}}}));
}

TEST(Subject, WhatSaysNotWhoItMeansIsRefused) {
  EXPECT_FALSE(process({}));
  EXPECT_FALSE(process({{"pid", 0U}}));
  EXPECT_FALSE(process({{"pid", 0x80000000U}}));
  EXPECT_FALSE(process({{"pid", 0xFFFFFFFFU}}));
  EXPECT_FALSE(process({{"start-time", std::uint64_t{7}}}));
  for (const auto* kind : {"", "unix-user", "unix-process ", "Unix-Process"}) {
    EXPECT_FALSE(parse_subject({.kind = kind, .details = {{"pid", 5U}}})) << kind;
  }
  Details many;
  for (int i = 0; i < 17; ++i) many[std::to_string(i)] = i;
  EXPECT_FALSE(process(std::move(many)));
}

TEST(Subject, ASessionsIdIsAWord) {
  const auto session = [](const std::string& id) {
    return parse_subject({.kind = "unix-session", .details = {{"session-id", id}}}).has_value();
  };
  EXPECT_TRUE(session("c1"));
  for (const std::string id : {"", "../c1", "a b", "a\n", "_"}) EXPECT_FALSE(session(id)) << id;
  EXPECT_FALSE(session(std::string(256, 'a')));
}

TEST(Subject, ANameOnTheBusIsAUniqueOne) {
  const auto name = [](const std::string& text) {
    return parse_subject({.kind = "system-bus-name", .details = {{"name", text}}}).has_value();
  };
  EXPECT_TRUE(name(":1.5"));
  for (const std::string text : {"", "org.example.A", "org.freedesktop.DBus", ":", ":1", "1.5"}) {
    EXPECT_FALSE(name(text)) << text;
  }
}

}  // namespace
}  // namespace headway::authority
