// SPDX-License-Identifier: MIT
#include "config/bus_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/fake_environment.h"

namespace headway::config {
namespace {

using broker::PolicyRule;
using broker::PolicySection;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Context = PolicySection::Context;
using Strings = std::vector<std::string>;

constexpr auto top = "/etc/bus.conf";

/// A whole file around some elements; they begin on line 2.
std::string file(const std::string& elements) {
  return fmt::format("<busconfig>\n{}\n</busconfig>\n", elements);
}

class BusConfigTest : public testing::Test {
 protected:
  std::expected<BusConfig, ConfigError> try_load(const std::string& elements) {
    environment_.files[top] = file(elements + "\n<listen>unix:path=/run/bus</listen>");
    return load_bus_config(top, environment_);
  }
  BusConfig load(const std::string& elements) {
    auto config = try_load(elements);
    EXPECT_TRUE(config) << to_string(config.error());
    return config ? std::move(*config) : BusConfig{};
  }
  ConfigError error(const std::string& elements) {
    const auto config = try_load(elements);
    EXPECT_FALSE(config) << elements;
    return config ? ConfigError{} : config.error();
  }

  FakeEnvironment environment_;
};

Strings names_owned(const BusConfig& config) {
  Strings names;
  for (const auto& section : config.policy.sections) {
    for (const auto& rule : section.rules) names.push_back(rule.name);
  }
  return names;
}

// Files and elements

TEST_F(BusConfigTest, DocumentTypeCommentsAndEntitiesAreNormalConf001) {
  environment_.files[top] =
      "<?xml version='1.0'?>\n"
      "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN'\n"
      " 'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
      "<busconfig><!-- x --><type>a&amp;<![CDATA[<b>]]></type>"  // CONF-002
      "<listen>unix:path=/x</listen></busconfig>";

  const auto config = load_bus_config(top, environment_);

  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->type, "a&<b>");
}

TEST_F(BusConfigTest, SaysNothingMeansDefaults) {
  const auto config = load("");

  EXPECT_EQ(config.type, "");
  EXPECT_EQ(config.user, std::nullopt);
  EXPECT_FALSE(config.fork || config.keep_umask || config.syslog || config.allow_anonymous);
  EXPECT_EQ(config.pidfile, std::nullopt);
  EXPECT_EQ(config.servicehelper, std::nullopt);
  EXPECT_THAT(config.auth, IsEmpty());  // CONF-011
  EXPECT_THAT(config.service_directories, IsEmpty());
  EXPECT_EQ(config.limits, broker::Limits{});
  EXPECT_EQ(config.apparmor, ApparmorMode::enabled);  // CONF-025
  EXPECT_THAT(config.policy.sections, IsEmpty());
  EXPECT_THAT(config.files_read, ElementsAre(top));
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(BusConfigTest, TextElementsAreTakenAsWrittenConf004) {
  const auto config = load(
      "<type>system</type><type> other </type>"  // CONF-007: the last one
      "<user>a</user>\n<user>messagebus</user>"  // CONF-008
      "<pidfile>/run/pid</pidfile>"              // CONF-013
      "<servicehelper>helper</servicehelper>"    // CONF-017: beside the file
      "<auth>EXTERNAL</auth><auth>ANONYMOUS</auth><auth>EXTERNAL</auth>");

  EXPECT_EQ(config.type, " other ");
  EXPECT_EQ(config.user->text, "messagebus");
  EXPECT_EQ(config.where(config.user->source), "/etc/bus.conf:3");
  EXPECT_EQ(config.pidfile, "/run/pid");
  EXPECT_EQ(config.servicehelper, "/etc/helper");
  EXPECT_THAT(config.auth, ElementsAre("EXTERNAL", "ANONYMOUS"));
}

TEST_F(BusConfigTest, FlagsTurnOnConf005) {
  EXPECT_TRUE(load("<fork/>").fork);  // CONF-009
  EXPECT_TRUE(load("<keep_umask> </keep_umask>").keep_umask);
  EXPECT_TRUE(load("<syslog><!-- x --></syslog>").syslog);
  EXPECT_TRUE(load("<allow_anonymous/>").allow_anonymous);  // CONF-012
}

TEST_F(BusConfigTest, ListensStayInOrderWithTheirPlacesConf010) {
  const auto config = load("<listen>unix:path=/b</listen>\n<listen>tcp:</listen>");

  ASSERT_EQ(config.listen.size(), 3u);
  EXPECT_EQ(config.listen[0].text, "unix:path=/b");
  EXPECT_EQ(config.listen[1].text, "tcp:");
  EXPECT_EQ(config.where(config.listen[1].source), "/etc/bus.conf:3");
}

TEST_F(BusConfigTest, OneListenIsNeededConf006) {
  environment_.files[top] = file("<include>inner.conf</include>");
  environment_.files["/etc/inner.conf"] = file("");
  const auto none = load_bus_config(top, environment_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().file, top);
  EXPECT_THAT(none.error().text, HasSubstr("has a <listen>"));

  environment_.files["/etc/inner.conf"] = file("<listen>tcp:</listen>");
  EXPECT_TRUE(load_bus_config(top, environment_));
}

TEST_F(BusConfigTest, LimitsAreAppliedInOrder) {
  const auto config =
      load("<limit name='auth_timeout'>1</limit><limit name='auth_timeout'>2</limit>");
  EXPECT_EQ(config.limits.auth_timeout.count(), 2);      // LIM-008
  EXPECT_EQ(config.limits.reply_timeout, std::nullopt);  // LIM-017
}

TEST_F(BusConfigTest, LaterContextReplacesAnEarlierOneOfTheSameNameConf024) {
  const auto config = load(
      "<selinux><associate own='b' context='1'/><associate own='a' context='2'/></selinux>"
      "<selinux><associate own='b' context='3'/></selinux>");
  EXPECT_THAT(config.selinux_contexts, ElementsAre(NameContext{"a", "2"}, NameContext{"b", "3"}));
}

TEST_F(BusConfigTest, ApparmorModeIsTheLastOneConf025) {
  EXPECT_EQ(load("<apparmor/>").apparmor, ApparmorMode::enabled);
  EXPECT_EQ(load("<apparmor mode='disabled'/>").apparmor, ApparmorMode::disabled);
  EXPECT_EQ(load("<apparmor mode='disabled'/><apparmor mode='required'/>").apparmor,
            ApparmorMode::required);
}

struct BadElement {
  const char* elements;
  std::uint32_t line;
  const char* text;
};

class BusConfigBadElement : public BusConfigTest, public testing::WithParamInterface<BadElement> {};

TEST_P(BusConfigBadElement, IsFatalAndSaysWhereAndWhat) {
  const auto result = error(GetParam().elements);

  EXPECT_EQ(result.file, top);
  EXPECT_EQ(result.line, GetParam().line);
  EXPECT_THAT(result.text, HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Conf003, BusConfigBadElement,
    testing::Values(
        BadElement{"\n<oops/>", 3, "unknown element <oops>"},
        BadElement{"<type>a\n</tipe>", 3, "mismatched tag"},
        BadElement{"<fork>", 3, "<listen> inside <fork>"},
        BadElement{"<oops a='b'/>", 2, "unknown element <oops>"},
        BadElement{"\n x", 3, "<busconfig> may not contain text"},
        BadElement{"<policy context='default'>\nx</policy>", 3, "<policy> may not contain text"},
        BadElement{"<busconfig/>", 2, "unknown element <busconfig>"},
        BadElement{"<allow own='*'/>", 2, "<allow> belongs inside <policy>"},
        BadElement{"<associate own='a' context='b'/>", 2, "belongs inside <selinux>"},
        BadElement{"<policy context='default'>\n<type>a</type></policy>", 3, "<type> inside"},
        BadElement{"<selinux>\n<type>a</type></selinux>", 3, "<type> inside <selinux>"},
        BadElement{"<type a='b'>x</type>", 2, "unknown attribute a=\"b\" of <type>"},
        BadElement{"<fork a='b'/>", 2, "unknown attribute"},
        BadElement{"<type>&nbsp;</type>", 2, "undefined entity"},
        BadElement{"<apparmor mode='enabled' mode='enabled'/>", 2, "duplicate attribute"}));
INSTANTIATE_TEST_SUITE_P(Conf004, BusConfigBadElement,
                         testing::Values(BadElement{"<type/>", 2, "<type> is empty"},
                                         BadElement{"<user></user>", 2, "<user> is empty"},
                                         BadElement{"<listen/>", 2, "<listen> is empty"},
                                         BadElement{"<pidfile/>", 2, "<pidfile> is empty"},
                                         BadElement{"<auth/>", 2, "<auth> is empty"},
                                         BadElement{"<servicedir/>", 2, "<servicedir> is empty"},
                                         BadElement{"<servicehelper/>", 2, "is empty"},
                                         BadElement{"<include/>", 2, "<include> is empty"},
                                         BadElement{"<includedir/>", 2, "<includedir> is empty"},
                                         BadElement{"<limit name='auth_timeout'/>", 2, "is empty"},
                                         BadElement{"<type>\n<a/></type>", 3,
                                                    "<a> inside <type>"}));
INSTANTIATE_TEST_SUITE_P(
    Conf005, BusConfigBadElement,
    testing::Values(BadElement{"<fork>\nx</fork>", 3, "<fork> may not contain text"},
                    BadElement{"<syslog><a/></syslog>", 2, "<a> inside <syslog>"},
                    BadElement{"<standard_session_servicedirs>x</standard_session_servicedirs>", 2,
                               "may not contain text"},
                    BadElement{"<apparmor>x</apparmor>", 2, "may not contain text"},
                    BadElement{"<policy context='default'><allow own='*'>x</allow></policy>", 2,
                               "<allow> may not contain text"}));
INSTANTIATE_TEST_SUITE_P(
    Conf011, BusConfigBadElement,
    testing::Values(BadElement{"\n<auth>KERBEROS</auth>", 3,
                               "unknown mechanism \"KERBEROS\" in <auth>; there are EXTERNAL"},
                    BadElement{"<auth>external</auth>", 2, "unknown mechanism"}));
INSTANTIATE_TEST_SUITE_P(
    Conf019, BusConfigBadElement,
    testing::Values(
        BadElement{"<include ignore_missing='true'>x</include>", 2, "\"yes\" or \"no\""},
        BadElement{"<include if_selinux_enabled=''>x</include>", 2, "\"yes\" or \"no\""},
        BadElement{"<include selinux_root_relative='1'>x</include>", 2, "\"yes\" or"},
        BadElement{"<include optional='yes'>x</include>", 2, "unknown attribute"},
        BadElement{"<includedir ignore_missing='yes'>x</includedir>", 2, "unknown"}));
INSTANTIATE_TEST_SUITE_P(
    Conf024, BusConfigBadElement,
    testing::Values(BadElement{"<selinux>\n<associate own='a'/></selinux>", 3, "needs own="},
                    BadElement{"<selinux><associate context='a'/></selinux>", 2, "and context="},
                    BadElement{"<selinux><associate own='a' context='b' x='c'/></selinux>", 2,
                               "unknown attribute"}));
INSTANTIATE_TEST_SUITE_P(Conf025, BusConfigBadElement,
                         testing::Values(BadElement{"<apparmor mode='on'/>", 2,
                                                    "enabled, disabled or required"},
                                         BadElement{"<apparmor x='on'/>", 2, "unknown attribute"}));
INSTANTIATE_TEST_SUITE_P(
    Conf027, BusConfigBadElement,
    testing::Values(BadElement{"<limit>1</limit>", 2, "needs name="},
                    BadElement{"<limit name='x'>1</limit>", 2, "no limit called \"x\""},
                    BadElement{"\n<limit name='auth_timeout'>12x</limit>", 3, "\"12x\""},
                    BadElement{"<limit name='auth_timeout'>-1</limit>", 2, "whole number"},
                    BadElement{"<limit name='auth_timeout' x='y'>1</limit>", 2, "unknown"}));

TEST_F(BusConfigTest, OtherDocumentsAreRefusedConf003) {
  environment_.files[top] = "<node/>";
  EXPECT_EQ(load_bus_config(top, environment_).error(),
            (ConfigError{top, 1, "the document is a <node>, expected <busconfig>"}));
  environment_.files[top] = file("") + "<busconfig/>";
  EXPECT_EQ(load_bus_config(top, environment_).error().line, 4u);
  environment_.files[top] = "<busconfig a='b'/>";
  EXPECT_THAT(load_bus_config(top, environment_).error().text, HasSubstr("unknown attribute"));
}

TEST_F(BusConfigTest, UnreadableTopFileIsFatal) {
  const auto config = load_bus_config("/none.conf", environment_);
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()), "/none.conf: cannot be read: No such file or directory");
}

TEST_F(BusConfigTest, ErrorsNameFileAndLine) {
  EXPECT_EQ(to_string(error("\n<oops/>")), "/etc/bus.conf:3: unknown element <oops>");
}

// Includes

TEST_F(BusConfigTest, IncludedContentIsMergedWhereItStandsConf023) {
  environment_.files["/etc/sub/inner.conf"] = file(
      "<type>inner</type><user>inner</user><servicehelper>/inner</servicehelper>"
      "<limit name='auth_timeout'>2</limit><servicedir>services</servicedir>"
      "<allow_anonymous/><apparmor mode='disabled'/>"
      "<policy context='default'><allow own='inner'/></policy>");

  const auto config = load(
      "<type>outer</type><servicehelper>/outer</servicehelper>"
      "<limit name='auth_timeout'>1</limit><servicedir>/first</servicedir>"
      "<policy context='default'><allow own='first'/></policy>"
      "<include>sub/inner.conf</include>"  // CONF-020: beside this file
      "<user>outer</user><limit name='pending_fd_timeout'>3</limit>"
      "<policy context='default'><allow own='last'/></policy>");

  EXPECT_EQ(config.type, "inner");
  EXPECT_EQ(config.user->text, "outer");
  EXPECT_EQ(config.servicehelper, "/inner");
  EXPECT_EQ(config.limits.auth_timeout.count(), 2);
  EXPECT_EQ(config.limits.pending_fd_timeout.count(), 3);
  EXPECT_TRUE(config.allow_anonymous);
  EXPECT_EQ(config.apparmor, ApparmorMode::disabled);
  EXPECT_EQ(config.service_directories[1].path, "/etc/sub/services");
  EXPECT_EQ(names_owned(config), (Strings{"first", "inner", "last"}));
  EXPECT_THAT(config.files_read, ElementsAre(top, "/etc/sub/inner.conf"));
  EXPECT_EQ(config.where(config.policy.sections[1].rules[0].source), "/etc/sub/inner.conf:2");
}

TEST_F(BusConfigTest, SyslogOfAnIncludedFileHasNoEffectConf018) {
  environment_.files["/a.conf"] = file("<syslog/><fork/>");
  const auto config = load("<include>/a.conf</include>");
  EXPECT_FALSE(config.syslog);
  EXPECT_TRUE(config.fork);
}

TEST_F(BusConfigTest, MissingIncludeIsFatalUnlessItMayBeMissingConf020) {
  const auto fatal = error("\n<include>/a.conf</include>");
  EXPECT_EQ(fatal.line, 3u);
  EXPECT_THAT(fatal.text, HasSubstr("cannot read \"/a.conf\": No such file or directory"));
  EXPECT_THAT(fatal.text, HasSubstr("ignore_missing=\"yes\""));

  const auto config = load("<include ignore_missing='yes'>/a.conf</include>");
  EXPECT_THAT(config.files_read, ElementsAre(top, "/a.conf"));

  environment_.unreadable.insert("/a.conf");
  EXPECT_THAT(error("<include ignore_missing='yes'>/a.conf</include>").text,
              HasSubstr("Permission denied"));
}

TEST_F(BusConfigTest, ErrorInAnIncludedFileIsFatalAndNamesThatFileConf020) {
  environment_.files["/a.conf"] = file("\n<oops/>");
  EXPECT_EQ(error("<include>/a.conf</include>"),
            (ConfigError{"/a.conf", 3, "unknown element <oops>"}));
}

TEST_F(BusConfigTest, FilesThatIncludeThemselvesAreFatalConf021) {
  EXPECT_THAT(error("<include>bus.conf</include>").text, HasSubstr("includes itself"));

  environment_.files["/a.conf"] = file("<include>b.conf</include>");
  environment_.files["/b.conf"] = file("\n<include>/a.conf</include>");
  const auto cycle = error("<include>/a.conf</include>");
  EXPECT_EQ(cycle.file, "/b.conf");
  EXPECT_EQ(cycle.line, 3u);
  EXPECT_THAT(cycle.text, HasSubstr("/etc/bus.conf -> /a.conf -> /b.conf -> /a.conf"));
}

TEST_F(BusConfigTest, FilesThatDoubleAndRedoubleEnd) {
  for (int i = 0; i < 20; ++i) {
    const auto twice =
        fmt::format("<include>/{0}.conf</include><include>/{0}.conf</include>", i + 1);
    environment_.files[fmt::format("/{}.conf", i)] = file(twice);
  }
  environment_.files["/20.conf"] = file("");
  EXPECT_THAT(error("<include>/0.conf</include>").text, HasSubstr("more than 4096 files"));
}

TEST_F(BusConfigTest, PathsThatOnlyLookDifferentEnd) {
  environment_.files["/a.conf"] = file("<include>/a.conf</include>");
  for (int i = 0; i < 40; ++i) {
    environment_.files[fmt::format("/{}.conf", i)] =
        file(fmt::format("<include>/{}.conf</include>", i + 1));
  }
  EXPECT_THAT(error("<include>/0.conf</include>").text, HasSubstr("more than 32 deep"));
}

TEST_F(BusConfigTest, SelinuxIncludesNeedSelinuxConf020) {
  const auto both =
      "<include if_selinux_enabled='yes' selinux_root_relative='yes'>contexts/x</include>";
  EXPECT_THAT(load(both).files_read, ElementsAre(top));
  EXPECT_THAT(error("<include selinux_root_relative='yes'>x</include>").text,
              HasSubstr("SELinux is off"));

  environment_.selinux_root = "/etc/selinux/targeted";
  environment_.files["/etc/selinux/targeted/contexts/x"] = file("<type>seen</type>");
  environment_.files["/etc/plain"] = file("<type>plain</type>");
  EXPECT_EQ(load(both).type, "seen");
  EXPECT_EQ(load("<include if_selinux_enabled='yes'>plain</include>").type, "plain");
}

TEST_F(BusConfigTest, DirectoriesAreReadInOrderOfNamesConf022) {
  environment_.files["/etc/d/b.conf"] = file("<policy context='default'><allow own='b'/></policy>");
  environment_.files["/etc/d/a.conf"] = file("<policy context='default'><allow own='a'/></policy>");
  environment_.files["/etc/d/c.conf"] = file("<policy context='default'><allow own='c'/></policy>");
  environment_.files["/etc/d/d.conf.bak"] = "<oops";

  const auto config = load("<includedir>d/</includedir><includedir>/none</includedir>");

  EXPECT_EQ(names_owned(config), (Strings{"a", "b", "c"}));
  EXPECT_THAT(config.watch_directories, ElementsAre("/etc/d", "/none"));
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(BusConfigTest, BrokenFileInADirectoryLeavesNothingBehindConf022) {
  environment_.files["/d/a.conf"] = file("<policy context='default'><allow own='a'/></policy>");
  environment_.files["/d/b.conf"] = file(
      "<type>b</type><fork/><limit name='auth_timeout'>1</limit><listen>b:</listen>"
      "<servicedir>/b</servicedir><auth>ANONYMOUS</auth><selinux><associate own='b' context='b'/>"
      "</selinux><policy user='nobody-knows'><allow own='b'/></policy>"
      "<policy context='default'><allow own='b'/></policy><include>/inner.conf</include>\n<oops/>");
  environment_.files["/inner.conf"] = file("<pidfile>/inner</pidfile>");
  environment_.files["/d/c.conf"] = file("<policy context='default'><allow own='c'/></policy>");

  auto config = load("<includedir>/d</includedir>");

  EXPECT_THAT(config.warnings,
              ElementsAre("/d/b.conf:3: unknown element <oops>; \"/d/b.conf\" is skipped as a "
                          "whole"));
  EXPECT_EQ(names_owned(config), (Strings{"a", "c"}));
  EXPECT_EQ(config.type, "");
  EXPECT_FALSE(config.fork);
  EXPECT_EQ(config.pidfile, std::nullopt);
  EXPECT_EQ(config.limits, broker::Limits{});
  EXPECT_EQ(config.listen.size(), 1u);
  EXPECT_THAT(config.service_directories, IsEmpty());
  EXPECT_THAT(config.auth, IsEmpty());
  EXPECT_THAT(config.selinux_contexts, IsEmpty());
  EXPECT_THAT(config.late_users, IsEmpty());
  EXPECT_THAT(config.files_read, ElementsAre(top, "/d/a.conf", "/d/b.conf", "/inner.conf",
                                             "/d/c.conf"));  // its repair must be noticed
  EXPECT_EQ(config.where(config.policy.sections[1].rules[0].source), "/d/c.conf:2");
}

TEST_F(BusConfigTest, UnreadableAndCyclicFilesInADirectoryAreSkippedConf022) {
  environment_.files["/d/a.conf"] = file("<include>/etc/bus.conf</include>");
  environment_.files["/d/b.conf"] = file("<type>b</type><includedir>/d</includedir>");
  environment_.files["/d/c.conf"] = "";
  environment_.unreadable.insert("/d/c.conf");

  const auto config = load("<includedir>/d</includedir>");

  EXPECT_EQ(config.type, "b");
  EXPECT_THAT(config.warnings, testing::Contains(HasSubstr("/d/a.conf:2: \"/etc/bus.conf\" incl")));
  EXPECT_THAT(config.warnings, testing::Contains(HasSubstr("/d/b.conf:2: \"/d/b.conf\" includes")));
  EXPECT_THAT(config.warnings,
              testing::Contains("/etc/bus.conf:2: cannot read \"/d/c.conf\": Permission denied; "
                                "\"/d/c.conf\" is skipped as a whole"));
}

TEST_F(BusConfigTest, DirectoryThatCannotBeReadIsFatal) {
  environment_.unreadable.insert("/d");
  EXPECT_THAT(error("<includedir>/d</includedir>").text,
              HasSubstr("cannot read directory \"/d\": Permission denied"));
}

// Service directories

Strings paths(const BusConfig& config) {
  Strings result;
  for (const auto& directory : config.service_directories) result.push_back(directory.path);
  return result;
}

TEST_F(BusConfigTest, ServiceDirectoriesKeepOrderAndTheFirstOfEachConf014) {
  const auto config =
      load("<servicedir>/b</servicedir><servicedir>a</servicedir><servicedir>/b/</servicedir>");
  EXPECT_THAT(paths(config), ElementsAre("/b", "/etc/a"));
  EXPECT_EQ(config.service_directories[0], (ServiceDirectory{.path = "/b"}));
}

TEST_F(BusConfigTest, StandardSessionDirectoriesFollowTheVariablesConf015) {
  environment_.variables = {{"XDG_RUNTIME_DIR", "/run/user/1"},
                            {"XDG_DATA_HOME", "/data"},
                            {"XDG_DATA_DIRS", "/x/::/y:/data"},
                            {"HOME", "/home/a"}};
  const auto config = load("<standard_session_servicedirs/>");
  EXPECT_THAT(paths(config), ElementsAre("/run/user/1/dbus-1/services", "/data/dbus-1/services",
                                         "/x/dbus-1/services", "/y/dbus-1/services",
                                         "/usr/share/dbus-1/services"));
  EXPECT_EQ(config.service_directories[0],
            (ServiceDirectory{"/run/user/1/dbus-1/services", false, true, true}));
  EXPECT_EQ(config.service_directories[1], (ServiceDirectory{"/data/dbus-1/services"}));
}

TEST_F(BusConfigTest, StandardSessionDirectoriesWithoutVariablesConf015) {
  environment_.variables = {{"HOME", "/home/a"}};
  EXPECT_THAT(paths(load("<standard_session_servicedirs/>")),
              ElementsAre("/home/a/.local/share/dbus-1/services",
                          "/usr/local/share/dbus-1/services", "/usr/share/dbus-1/services"));
}

TEST_F(BusConfigTest, StandardSystemDirectoriesIgnoreTheVariablesConf016) {
  environment_.variables = {{"XDG_DATA_DIRS", "/x"}, {"XDG_DATA_HOME", "/y"}};
  EXPECT_THAT(paths(load("<standard_system_servicedirs/>")),
              ElementsAre("/etc/dbus-1/system-services", "/run/dbus-1/system-services",
                          "/usr/local/share/dbus-1/system-services",
                          "/usr/share/dbus-1/system-services", "/lib/dbus-1/system-services"));
}

// Policy: whom it is about

TEST_F(BusConfigTest, SectionsComeInOrderWithNumbersForNamesPol001) {
  const auto config = load(
      "<policy user='alice'><allow own='a'/></policy>"
      "<policy group='wheel'><allow own='b'/></policy>"
      "<policy user='4242'><allow own='c'/></policy>"  // needs no account
      "<policy context='mandatory'><allow own='d'/></policy>"
      "<policy at_console='false'><allow own='e'/></policy><policy context='default'/>");

  const auto& sections = config.policy.sections;
  ASSERT_EQ(sections.size(), 5u);
  EXPECT_EQ(sections[0].context, Context::user);
  EXPECT_EQ(sections[0].id, 1000u);
  EXPECT_EQ(sections[1].context, Context::group);
  EXPECT_EQ(sections[1].id, 10u);
  EXPECT_EQ(sections[2].id, 4242u);
  EXPECT_EQ(sections[3].context, Context::mandatory);
  EXPECT_EQ(sections[4].context, Context::not_at_console);  // POL-007
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(BusConfigTest, RulesKnowWhereTheyAreWritten) {
  const auto config =
      load("<policy context='default'>\n<allow own='a'/>\n <deny\nown='b'/></policy>");
  const auto& rules = config.policy.sections.at(0).rules;
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(config.where(rules[0].source), "/etc/bus.conf:3");
  EXPECT_EQ(config.where(rules[1].source), "/etc/bus.conf:4");
}

TEST_F(BusConfigTest, EachAccountIsAskedAboutOnce) {
  load(
      "<policy user='alice'/><policy user='alice'/><policy user='x'/><policy user='x'/>"
      "<policy context='default'><allow user='alice'/></policy><policy group='wheel'/>");
  EXPECT_EQ(environment_.account_questions, 3);
}

TEST_F(BusConfigTest, UnknownGroupsAreIgnoredWithAWarningPol002) {
  const auto config = load(
      "<policy group='nobody-knows'>\n<allow own='a'/></policy>\n"
      "<policy context='default'>\n<allow group='nobody-knows'/><allow own='b'/></policy>");

  EXPECT_EQ(names_owned(config), (Strings{"b"}));
  EXPECT_THAT(config.warnings,
              ElementsAre("/etc/bus.conf:2: there is no group \"nobody-knows\"; this <policy> is "
                          "ignored",
                          "/etc/bus.conf:5: there is no group \"nobody-knows\"; this <allow> is "
                          "ignored"));
  EXPECT_THAT(config.late_users, IsEmpty());
}

TEST_F(BusConfigTest, ReservedNumberIsNobodyPol002) {
  const auto config = load("<policy group='4294967295'><allow own='a'/></policy>");
  EXPECT_THAT(config.policy.sections, IsEmpty());
  EXPECT_EQ(config.warnings.size(), 1u);
}

TEST_F(BusConfigTest, RulesOfUnknownUsersAreKeptApartPol002) {
  const auto config = load(
      "<policy context='default'><allow own='a'/></policy>\n"
      "<policy user='dynamic'><allow own='b'/></policy>\n"
      "<policy user='alice'><allow own='c'/></policy>");

  EXPECT_EQ(names_owned(config), (Strings{"a", "c"}));
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr(":3: there is no user \"dynamic\"")));
  ASSERT_EQ(config.late_users.size(), 1u);
  EXPECT_EQ(config.late_users[0].name, "dynamic");
  EXPECT_EQ(config.late_users[0].position, 1u);

  const auto bound = bind_late_users(config.policy, config.late_users, {{"dynamic", 64123}});
  ASSERT_EQ(bound.sections.size(), 3u);
  EXPECT_EQ(bound.sections[1].context, Context::user);
  EXPECT_EQ(bound.sections[1].id, 64123u);
  EXPECT_EQ(bound.sections[1].rules[0].name, "b");
  EXPECT_EQ(bind_late_users(config.policy, config.late_users, {{"other", 1}}), config.policy);
}

TEST_F(BusConfigTest, LateSectionsOfIncludedFilesKeepTheirPlace) {
  environment_.files["/a.conf"] = file(
      "<policy context='default'><allow own='b'/></policy>"
      "<policy user='dynamic'><allow own='c'/></policy>");
  const auto config = load(
      "<policy context='default'><allow own='a'/></policy><include>/a.conf</include>"
      "<policy context='default'><allow own='d'/></policy>");

  auto bound = config;
  bound.policy = bind_late_users(config.policy, config.late_users, {{"dynamic", 7}});
  EXPECT_EQ(names_owned(bound), (Strings{"a", "b", "c", "d"}));
}

TEST_F(BusConfigTest, ConnectRulesNameUidsAndGids) {
  const auto config = load(
      "<policy context='default'><allow user='*'/><deny user='alice'/><allow group='wheel'/>"
      "<allow group='77'/></policy>");
  const auto& rules = config.policy.sections.at(0).rules;
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rules[0].kind, PolicyRule::Kind::connect);
  EXPECT_FALSE(rules[0].uid || rules[0].gid);
  EXPECT_EQ(rules[1].uid, 1000u);
  EXPECT_EQ(rules[2].gid, 10u);
  EXPECT_EQ(rules[3].gid, 77u);
}

TEST_F(BusConfigTest, ConnectRuleAboutAnUnknownUserNeverIsAboutEverybodyPol002) {
  const auto config = load(
      "<policy context='mandatory'><allow own='a'/><allow user='dynamic'/><deny own='b'/>"
      "</policy>");

  EXPECT_EQ(names_owned(config), (Strings{"a", "b"}));
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("this <allow> applies to nobody until")));

  const auto bound = bind_late_users(config.policy, config.late_users, {{"dynamic", 9}});
  ASSERT_EQ(bound.sections.size(), 3u);
  EXPECT_EQ(bound.sections[1].context, Context::mandatory);
  EXPECT_EQ(bound.sections[1].rules.at(0).uid, 9u);
  EXPECT_EQ(bound.sections[2].rules.at(0).name, "b");
}

TEST_F(BusConfigTest, ConnectRulesBelongToNobodyInParticularPol023) {
  for (const std::string whom : {"user='alice'", "user='dynamic'", "group='wheel'"}) {
    const auto fatal = error(fmt::format("<policy {}>\n<allow user='*'/></policy>", whom));
    EXPECT_EQ(fatal.line, 3u);
    EXPECT_THAT(fatal.text, HasSubstr("may connect at all"));
  }
  const auto config = load(
      "<policy at_console='true'><deny user='*'/><allow own='a'/></policy>"
      "<policy at_console='false'><deny group='nobody-knows'/></policy>");
  EXPECT_EQ(names_owned(config), (Strings{"a"}));
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(BusConfigTest, BadRulesAreFatalAlsoWhereTheyWouldApplyToNobody) {
  EXPECT_EQ(error("<policy context='default'>\n\n<allow oops='1'/></policy>"),
            (ConfigError{top, 4, "unknown attribute oops=\"1\" of <allow>"}));  // POL-012
  EXPECT_EQ(error("<policy user='dynamic'>\n<allow oops='1'/></policy>").line, 3u);
  EXPECT_EQ(error("\n<policy/>").line, 3u);  // POL-001
  EXPECT_THAT(error("<policy context='default'><allow own='a' own='b'/></policy>").text,
              HasSubstr("duplicate attribute"));  // POL-012
}

}  // namespace
}  // namespace headway::config
