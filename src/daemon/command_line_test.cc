// SPDX-License-Identifier: MIT
#include "daemon/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/bus_config.h"

namespace headway::daemon {
namespace {

std::expected<CommandLine, std::string> parse(const std::vector<const char*>& arguments) {
  return parse_command_line(arguments);
}

// TOOL-001
TEST(CommandLine, TakesAConfigFileInBothForms) {
  EXPECT_EQ(parse({"--config-file=/a"})->config_file, "/a");
  EXPECT_EQ(parse({"--config-file", "/a"})->config_file, "/a");
  EXPECT_EQ(parse({"--session"})->config_file, config::session_config_file);
  EXPECT_EQ(parse({"--system"})->config_file, config::system_config_file);
}

// TOOL-002
TEST(CommandLine, WantsExactlyOneConfiguration) {
  EXPECT_FALSE(parse({}));
  EXPECT_FALSE(parse({"--nofork"}));
  EXPECT_FALSE(parse({"--session", "--system"}));
  EXPECT_FALSE(parse({"--session", "--config-file=/a"}));
  EXPECT_FALSE(parse({"--config-file"}));
  EXPECT_FALSE(parse({"--config-file="}));
  EXPECT_FALSE(parse({"--config-file", "--nofork"}));
}

// TOOL-002
TEST(CommandLine, RefusesContradictionsAndRepetitions) {
  EXPECT_FALSE(parse({"--session", "--fork", "--nofork"}));
  EXPECT_TRUE(parse({"--session", "--nofork", "--nofork"}));
  EXPECT_FALSE(parse({"--session", "--syslog", "--nosyslog"}));
  EXPECT_FALSE(parse({"--session", "--print-pid", "--print-pid"}));
  EXPECT_FALSE(parse({"--session", "--print-address=3", "--print-address=4"}));
  EXPECT_FALSE(parse({"--session", "--print-address=3", "--print-address"}));
}

// TOOL-003
TEST(CommandLine, PrintsToStandardOutputUnlessADescriptorIsGiven) {
  EXPECT_EQ(parse({"--session", "--print-address"})->print_address_to, 1);
  EXPECT_EQ(parse({"--session", "--print-address=7"})->print_address_to, 7);
  EXPECT_EQ(parse({"--print-address", "7", "--session"})->print_address_to, 7);
  EXPECT_EQ(parse({"--print-address", "--session"})->print_address_to, 1);
  EXPECT_EQ(parse({"--session", "--print-pid", "8"})->print_pid_to, 8);
  EXPECT_FALSE(parse({"--session", "--print-pid=x"}));
  EXPECT_FALSE(parse({"--session", "--print-pid=-1"}));
  EXPECT_FALSE(parse({"--session", "--print-pid=1x"}));
  EXPECT_FALSE(parse({"--session", "--print-pid="}));
}

TEST(CommandLine, RefusesWhatNobodyKnows) {
  EXPECT_FALSE(parse({"--session", "--frok"}));
  EXPECT_FALSE(parse({"--session", "--nofork=yes"}));
  EXPECT_FALSE(parse({"--session", "stray"}));
  EXPECT_FALSE(parse({"--session", "-x"}));
}

// TOOL-005, TOOL-006
TEST(CommandLine, ActionsNeedNoConfiguration) {
  EXPECT_EQ(parse({"--version"})->action, CommandLine::Action::version);
  EXPECT_EQ(parse({"--introspect"})->action, CommandLine::Action::introspect);
  for (const char* const help : {"--help", "-h", "-?"}) {
    EXPECT_EQ(parse({help})->action, CommandLine::Action::help);
  }
}

// TOOL-007
TEST(CommandLine, TakesWhatTheSystemUnitSays) {
  const auto line = parse({"--system", "--address=systemd:", "--nofork", "--nopidfile",
                           "--systemd-activation", "--syslog-only"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->address, "systemd:");
  EXPECT_EQ(line->fork, false);
  EXPECT_FALSE(line->writes_pidfile);
  EXPECT_TRUE(line->systemd_activation);
  EXPECT_EQ(line->syslog, CommandLine::Syslog::only);
  EXPECT_EQ(parse({"--session", "--address", "unix:tmpdir=/tmp"})->address, "unix:tmpdir=/tmp");
}

}  // namespace
}  // namespace headway::daemon
