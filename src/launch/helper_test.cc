// SPDX-License-Identifier: MIT
#include "launch/helper.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "config/fake_environment.h"

namespace headway::launch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* config_file = "/usr/share/bus.conf";

class HelperTest : public testing::Test {
 protected:
  void configure(const std::string& elements) {
    environment_.files[config_file] = fmt::format("<busconfig>{}</busconfig>", elements);
  }
  OrRefusal<HelperConfig> config() { return read_helper_config(config_file, environment_); }

  void service_file(const std::string& path, const std::string& keys) {
    environment_.files[path] = "[D-BUS Service]\n" + keys;
  }
  OrRefusal<Launch> find(std::string_view service) {
    return find_launch(service, {{.path = "/one"}, {.path = "/two"}}, environment_);
  }
  Refusal refusal_of(std::string_view service) {
    auto found = find(service);
    EXPECT_FALSE(found);
    return found ? Refusal{} : found.error();
  }

  config::FakeEnvironment environment_;
};

Refusal refusal_of_arguments(std::vector<const char*> arguments) {
  const auto service = service_argument(arguments);
  return service ? Refusal{} : service.error();
}

// HELP-003
TEST(Helper, TakesTheNameOfAServiceAndNothingElse) {
  const std::vector<const char*> one = {"org.example.A"};
  EXPECT_EQ(service_argument(one).value(), "org.example.A");
  EXPECT_EQ(refusal_of_arguments({}).status, HelperStatus::bad_arguments);
  EXPECT_EQ(refusal_of_arguments({"a.b", "c.d"}).status, HelperStatus::bad_arguments);
  for (const char* wrong : {"", "a", ":1.5", "../a.b", "a.b/c", "a..b", "--help"}) {
    EXPECT_EQ(refusal_of_arguments({wrong}).status, HelperStatus::name_invalid) << wrong;
  }
}

// HELP-002
TEST(Helper, ServesTheBusAndOnlyAsRoot) {
  EXPECT_TRUE(check_caller({.real_uid = 100, .effective_uid = 0}, 100));
  EXPECT_TRUE(check_caller({.real_uid = 0, .effective_uid = 0}, 0));
  for (const Caller caller :
       {Caller{.real_uid = 0, .effective_uid = 0}, Caller{.real_uid = 1000, .effective_uid = 0},
        Caller{.real_uid = 100, .effective_uid = 100}}) {
    const auto checked = check_caller(caller, 100);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().status, HelperStatus::permissions_invalid);
  }
}

// HELP-004
TEST_F(HelperTest, ReadsWhoTheBusIsAndWhereServicesAreFromAllFilesOfTheConfiguration) {
  configure(
      "<user>messagebus</user><servicedir>/a</servicedir><listen>unix:path=/x</listen>"
      "<include>more.conf</include>");
  environment_.files["/usr/share/more.conf"] =
      "<busconfig><servicedir>local</servicedir></busconfig>";
  const auto read = config();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bus_user, "messagebus");
  ASSERT_EQ(read->directories.size(), 2u);
  EXPECT_EQ(read->directories[0].path, "/a");
  EXPECT_EQ(read->directories[1].path, "/usr/share/local");
}

// HELP-004
TEST_F(HelperTest, IsNotLedByVariablesAndAsksAboutNoUserOfAPolicy) {
  environment_.variables = {{"XDG_DATA_HOME", "/home/mallory"}, {"HOME", "/home/mallory"}};
  configure(
      "<user>messagebus</user><listen>unix:path=/x</listen><standard_session_servicedirs/>"
      "<policy user='alice'><allow own='*'/></policy><policy group='wheel'><deny own='*'/>"
      "</policy>");
  const auto read = config();
  ASSERT_TRUE(read);
  for (const config::ServiceDirectory& directory : read->directories) {
    EXPECT_THAT(directory.path, testing::StartsWith("/usr/"));
  }
  EXPECT_EQ(environment_.account_questions, 0);
}

// HELP-007
TEST_F(HelperTest, AConfigurationThatIsWrongOrNamesNoUserIsOfNoUse) {
  EXPECT_EQ(config().error().status, HelperStatus::config_invalid);  // there is none
  configure("<user>messagebus</user><listen>unix:path=/x</listen><nonsense/>");
  EXPECT_EQ(config().error().status, HelperStatus::config_invalid);
  EXPECT_THAT(config().error().text, HasSubstr(config_file));
  configure("<listen>unix:path=/x</listen>");
  EXPECT_EQ(config().error().status, HelperStatus::config_invalid);
  EXPECT_THAT(config().error().text, HasSubstr("<user>"));
}

// HELP-005
TEST_F(HelperTest, TakesTheFirstFileThatIsCalledAfterTheService) {
  service_file("/one/other.service", "Name=a.b\nUser=bob\nExec=/bin/other\n");
  service_file("/two/a.b.service", "Name=a.b\nUser=alice\nExec=/bin/a 'b c'\n");
  const auto later = find("a.b");
  ASSERT_TRUE(later);
  EXPECT_EQ(later->user, "alice");
  EXPECT_THAT(later->arguments, ElementsAre("/bin/a", "b c"));

  service_file("/one/a.b.service", "Name=a.b\nUser=carol\nExec=/bin/c\n");
  EXPECT_EQ(find("a.b").value().user, "carol");
}

// HELP-005
TEST_F(HelperTest, PassesOverAFileThatCannotBeUsed) {
  environment_.files["/one/a.b.service"] = "rubbish\n";
  service_file("/two/a.b.service", "Name=a.b\nUser=alice\nExec=/bin/a\n");
  EXPECT_EQ(find("a.b").value().user, "alice");

  environment_.unreadable.insert("/two/a.b.service");
  const Refusal refused = refusal_of("a.b");
  EXPECT_EQ(refused.status, HelperStatus::service_not_found);
  EXPECT_THAT(refused.text, HasSubstr("/one/a.b.service:1: "));
  EXPECT_THAT(refused.text, HasSubstr("/two/a.b.service: Permission denied"));
}

// HELP-005, HELP-007
TEST_F(HelperTest, AFileMustSayTheSameNameAUserAndACommand) {
  const std::pair<const char*, HelperStatus> expected[] = {
      {"Name=a.c\nUser=alice\nExec=/bin/a\n", HelperStatus::file_invalid},
      {"Name=a.b\nExec=/bin/a\n", HelperStatus::file_invalid},
      {"Name=a.b\nUser=\nExec=/bin/a\n", HelperStatus::file_invalid},
      {"Name=a.b\nUser=alice\nSystemdService=a.service\n", HelperStatus::file_invalid},
      {"Name=a.b\nUser=alice\nExec=\nSystemdService=a.service\n", HelperStatus::file_invalid},
      {"Name=a.b\nUser=alice\nExec=/bin/a 'b\n", HelperStatus::bad_arguments}};
  for (const auto& [keys, status] : expected) {
    service_file("/one/a.b.service", keys);
    // That one is usable changes nothing: the file before it is the one that counts.
    service_file("/two/a.b.service", "Name=a.b\nUser=alice\nExec=/bin/a\n");
    const Refusal refused = refusal_of("a.b");
    EXPECT_EQ(refused.status, status) << keys;
    EXPECT_THAT(refused.text, HasSubstr("/one/a.b.service: "));
  }
  EXPECT_EQ(refusal_of("a.none").status, HelperStatus::service_not_found);
}

// HELP-003
TEST(Helper, AServiceLearnsOnlyWhereItsBusIs) {
  EXPECT_THAT(service_environment("unix:path=/run/bus,guid=0123456789abcdef0123456789abcdef"),
              ElementsAre("DBUS_STARTER_ADDRESS="
                          "unix:path=/run/bus,guid=0123456789abcdef0123456789abcdef",
                          "DBUS_STARTER_BUS_TYPE=system"));
  EXPECT_THAT(service_environment("tcp:host=a,port=1;unix:abstract=b;unix:path=/c").front(),
              "DBUS_STARTER_ADDRESS=unix:abstract=b;unix:path=/c");
}

// HELP-003
TEST(Helper, AnAddressThatExecutesProgramsIsNotPassedOn) {
  const std::string standard = "DBUS_STARTER_ADDRESS=unix:path=/run/dbus/system_bus_socket";
  EXPECT_EQ(service_environment(std::nullopt).front(), standard);
  for (const char* wrong : {"", "rubbish", "unixexec:path=/tmp/evil", "autolaunch:",
                            "launchd:env=X", "unix:path=/x;=", "tcp:host=a,port=1"}) {
    EXPECT_EQ(service_environment(wrong).front(), standard) << wrong;
  }
}

}  // namespace
}  // namespace headway::launch
