// SPDX-License-Identifier: MIT
#include "config/system_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/bus_config.h"

namespace headway::config {
namespace {

using broker::PolicyRule;
using broker::PolicySection;

class SystemEnvironmentTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/headway-config-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }

  SystemEnvironment environment_;
  std::string directory_;
};

TEST_F(SystemEnvironmentTest, ReadsFilesAndSaysWhenThereIsNone) {
  write("a", "text");
  EXPECT_EQ(environment_.read_file(directory_ + "/a").value_or(""), "text");

  const auto none = environment_.read_file(directory_ + "/b");
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().missing);
  EXPECT_EQ(none.error().text, "No such file or directory");
}

TEST_F(SystemEnvironmentTest, NeverWaitsForAPipeNorReadsADirectory) {
  ASSERT_EQ(::mkfifo((directory_ + "/pipe").c_str(), 0600), 0);
  const auto pipe = environment_.read_file(directory_ + "/pipe");
  ASSERT_FALSE(pipe);
  EXPECT_FALSE(pipe.error().missing);

  EXPECT_FALSE(environment_.read_file(directory_));
}

TEST_F(SystemEnvironmentTest, ListsDirectories) {
  write("b.conf", "");
  write("a.conf", "");
  EXPECT_THAT(environment_.list_directory(directory_).value_or(std::vector<std::string>{}),
              testing::UnorderedElementsAre("a.conf", "b.conf"));
  const auto none = environment_.list_directory(directory_ + "/none");
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().missing);
}

TEST_F(SystemEnvironmentTest, KnowsAccountsAndVariables) {
  EXPECT_EQ(environment_.uid_of("root"), 0u);
  EXPECT_EQ(environment_.gid_of("root"), 0u);
  EXPECT_EQ(environment_.uid_of("no-such-account"), std::nullopt);
  EXPECT_EQ(environment_.gid_of("no-such-account"), std::nullopt);
  EXPECT_EQ(environment_.variable("HEADWAY_NO_SUCH_VARIABLE"), std::nullopt);
  EXPECT_TRUE(environment_.variable("PATH"));
}

bool has_rule(const BusConfig& config, PolicySection::Context context, std::uint32_t id,
              const auto& predicate) {
  return std::ranges::any_of(config.policy.sections, [&](const PolicySection& section) {
    return section.context == context && section.id == id &&
           std::ranges::any_of(section.rules, predicate);
  });
}

TEST(DebianConfig, SystemConfLoadsUnmodifiedPol061) {
  const std::string path = "/usr/share/dbus-1/system.conf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not installed";
  SystemEnvironment environment;

  const auto config = load_bus_config(path, environment);

  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->type, "system");  // CONF-030
  EXPECT_EQ(config->user->text, "messagebus");
  EXPECT_TRUE(config->fork);
  EXPECT_TRUE(config->syslog);
  EXPECT_EQ(config->auth, std::vector<std::string>{"EXTERNAL"});
  EXPECT_THAT(config->watch_directories, testing::Contains("/usr/share/dbus-1/system.d"));
  for (const auto& warning : config->warnings) {  // CONF-029: no package's file is left out
    EXPECT_THAT(warning, testing::Not(testing::HasSubstr("skipped")));
  }

  using Context = PolicySection::Context;
  EXPECT_TRUE(has_rule(*config, Context::defaults, 0, [](const PolicyRule& rule) {  // POL-057
    return rule.kind == PolicyRule::Kind::own && !rule.allow && rule.own == PolicyRule::Own::any;
  }));
  EXPECT_TRUE(has_rule(*config, Context::defaults, 0, [](const PolicyRule& rule) {
    return rule.kind == PolicyRule::Kind::connect && rule.allow && !rule.uid && !rule.gid;
  }));
  EXPECT_TRUE(has_rule(*config, Context::user, 0, [](const PolicyRule& rule) {  // POL-058
    return rule.allow && rule.peer == "org.freedesktop.DBus" &&
           rule.interface == "org.freedesktop.DBus.Monitoring";
  }));
}

TEST(DebianConfig, SessionConfLoadsUnmodifiedPol060) {
  const std::string path = "/usr/share/dbus-1/session.conf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not installed";
  SystemEnvironment environment;

  const auto config = load_bus_config(path, environment);

  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->type, "session");  // CONF-031
  EXPECT_TRUE(config->keep_umask);
  EXPECT_EQ(config->limits.max_message_size, 134217728u);  // LIM-005
  EXPECT_EQ(config->limits.max_replies_per_connection, 50000u);
  EXPECT_FALSE(config->service_directories.empty());
  EXPECT_TRUE(has_rule(*config, PolicySection::Context::defaults, 0, [](const PolicyRule& rule) {
    return rule.kind == PolicyRule::Kind::own && rule.allow && rule.own == PolicyRule::Own::any;
  }));
}

}  // namespace
}  // namespace headway::config
