// SPDX-License-Identifier: MIT
#include "config/service_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headway::config {
namespace {

using testing::HasSubstr;

constexpr const char* path = "/d/a.b.service";

std::expected<ServiceFile, ConfigError> parse(std::string_view text) {
  return parse_service_file(text, path);
}

/// Of a file that has what it needs; `lines` are in the group.
std::expected<ServiceFile, ConfigError> parse_with(const std::string& lines) {
  return parse("[D-BUS Service]\nName=a.b\n" + lines + "\nExec=/bin/a\n");
}

ConfigError error_of(const std::expected<ServiceFile, ConfigError>& file) {
  EXPECT_FALSE(file);
  return file ? ConfigError{} : file.error();
}

// ACT-001
TEST(ServiceFile, SaysWhatToStart) {
  const auto file = parse(
      "# about\n"
      "\n"
      "[D-BUS Service]\n"
      "Name=org.example.Service\n"
      "Exec=/usr/bin/service --bus \"x y\"\n"
      "User=root\n"
      "SystemdService=service.service\n"
      "AssumedAppArmorLabel=/usr/bin/service (enforce)\n"
      "X-Other=1\n"
      "[Other Group]\n"
      "Name=org.example.Other\n");
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(*file, (ServiceFile{.path = path,
                                .name = "org.example.Service",
                                .exec = "/usr/bin/service --bus \"x y\"",
                                .user = "root",
                                .unit = "service.service",
                                .label = "/usr/bin/service (enforce)"}));
}

TEST(ServiceFile, NeedsAGroupANameAndSomethingToStart) {
  EXPECT_THAT(error_of(parse("")).text, HasSubstr("[D-BUS Service]"));
  EXPECT_THAT(error_of(parse("[D-Bus Service]\nName=a.b\nExec=/a\n")).text, HasSubstr("group"));
  EXPECT_EQ(error_of(parse("[D-BUS Service]\nExec=/a\n")),
            (ConfigError{path, 0, "there is no Name"}));
  EXPECT_THAT(error_of(parse("[D-BUS Service]\nName=a.b\n")).text, HasSubstr("Exec"));
  const auto by_systemd = parse("[D-BUS Service]\nName=a.b\nSystemdService=a.service\n");
  ASSERT_TRUE(by_systemd);
  EXPECT_EQ(by_systemd->exec, "");
}

// ACT-005
TEST(ServiceFile, NameIsAValidWellKnownName) {
  for (const std::string name : {"", "a", ":1.2", "a..b", "a.b ", "a.b/c"}) {
    const auto error = error_of(parse("[D-BUS Service]\nExec=/a\nName=" + name + "\n"));
    EXPECT_EQ(to_string(error),
              "/d/a.b.service:3: \"" + name + "\" is not a valid name for a service");
  }
}

// ACT-002
TEST(ServiceFile, SpacesAroundTheEqualsSignAreNoPartOfTheValueAndTabsAre) {
  EXPECT_EQ(parse_with("User  =   me").value().user, "me");
  EXPECT_EQ(parse_with("User=\tme").value().user, "\tme");
  EXPECT_EQ(error_of(parse_with("User\t=me")).line, 3u);
}

// ACT-003
TEST(ServiceFile, SpacesAtTheEndOfAValueAreKept) {
  EXPECT_EQ(parse_with("User=me  ").value().user, "me  ");
  EXPECT_EQ(parse_with("User=").value().user, "");
}

// ACT-002
TEST(ServiceFile, TranslationsAreIgnored) {
  EXPECT_EQ(parse_with("User[de]=ich\\q\nUser[=ik\nUser=me").value().user, "me");
}

// ACT-002
TEST(ServiceFile, TheFirstOfTwoWins) {
  EXPECT_EQ(parse_with("User=me\nUser=you").value().user, "me");
  EXPECT_EQ(
      parse_with("User=me\n[Other]\nUser=they\n[D-BUS Service]\nUser=you\nUser=we").error().text,
      "there is neither Exec nor SystemdService");
}

// ACT-003
TEST(ServiceFile, EscapesAreResolvedAndUnknownOnesMakeTheFileInvalid) {
  EXPECT_EQ(parse_with(R"(User=\sa\tb\nc\rd\\e)").value().user, " a\tb\nc\rd\\e");
  for (const std::string bad : {R"(User=\q)", R"(User=\)", R"(User=\\\)", R"(Other=\")"}) {
    EXPECT_EQ(error_of(parse_with(bad)).line, 3u) << bad;
  }
  EXPECT_EQ(error_of(parse_with("[Other]\nOther=\\x")).line, 4u);
  EXPECT_THAT(error_of(parse_with(std::string("User=a\0b", 8))).text, HasSubstr("zero byte"));
}

// ACT-003
TEST(ServiceFile, LinesMayEndInCrLf) {
  const auto file = parse("[D-BUS Service]\r\n\r\nName=a.b\r\nExec=/bin/a\r\n");
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->exec, "/bin/a");
}

TEST(ServiceFile, TheLastLineNeedsNoEnd) {
  EXPECT_EQ(parse("[D-BUS Service]\nName=a.b\nExec=/bin/a").value().exec, "/bin/a");
}

// ACT-004
TEST(ServiceFile, WhatIsNeitherGroupNorKeyNorCommentMakesTheFileInvalid) {
  EXPECT_EQ(error_of(parse("Name=a.b\n[D-BUS Service]\nExec=/a\n")),
            (ConfigError{path, 1, "a key before the first group"}));
  EXPECT_EQ(error_of(parse_with("User")),
            (ConfigError{path, 3, "no \"=\" after the key \"User\""}));
  for (const std::string bad : {"[]", "[", "[a", "[a]b]", "[a[b]", "[a\tb]", "[\xC3\xA4]", "[a] ",
                                " User=me", "=me", "Us_er=me", "User me=me", " # no comment"}) {
    const auto error = error_of(parse_with(bad));
    EXPECT_EQ(error.file, path);
    EXPECT_EQ(error.line, 3u) << bad;
  }
}

// ACT-002
TEST(ServiceFile, IsUtf8OfABoundedSize) {
  EXPECT_EQ(error_of(parse_with("# \xff")), (ConfigError{path, 0, "not UTF-8"}));
  std::string text = "[D-BUS Service]\nName=a.b\nExec=/a\n#";
  text.resize(service_file_bytes_max, 'x');
  EXPECT_TRUE(parse(text));
  EXPECT_EQ(error_of(parse(text + "x")).text, "more than 131072 bytes");
}

}  // namespace
}  // namespace headway::config
