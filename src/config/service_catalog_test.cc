// SPDX-License-Identifier: MIT
#include "config/service_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/fake_environment.h"
#include "config/system_environment.h"

namespace headway::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string service(const std::string& name, const std::string& exec = "/bin/a") {
  return "[D-BUS Service]\nName=" + name + "\nExec=" + exec + "\n";
}

/// Where the catalog has this service from.
std::string path_of(const ServiceCatalog& catalog, std::string_view name) {
  const ServiceFile* file = catalog.find(name);
  return file != nullptr ? file->path : "";
}

const std::vector<ServiceDirectory> two = {{.path = "/first"}, {.path = "/second"}};

TEST(ServiceCatalog, FindsServicesOfAllDirectories) {
  FakeEnvironment environment;
  environment.files = {{"/first/a.b.service", service("a.b")},
                       {"/second/c.d.service", service("c.d", "/bin/c")},
                       {"/second/c.d.service.bak", service("e.f")},
                       {"/second/.service", service("e.f")},
                       {"/second/below/e.f.service", service("e.f")}};
  ServiceCatalog catalog(two, false);
  EXPECT_EQ(catalog.find("a.b"), nullptr);
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());

  EXPECT_EQ(path_of(catalog, "a.b"), "/first/a.b.service");
  ASSERT_NE(catalog.find("c.d"), nullptr);
  EXPECT_EQ(catalog.find("c.d")->exec, "/bin/c");
  EXPECT_EQ(catalog.find("e.f"), nullptr);
  EXPECT_EQ(catalog.find("a"), nullptr);
  EXPECT_EQ(catalog.services().size(), 2u);
}

// ACT-007
TEST(ServiceCatalog, AnEarlierDirectoryWins) {
  FakeEnvironment environment;
  environment.files = {{"/first/other.service", service("a.b")},
                       {"/second/a.b.service", service("a.b")}};
  ServiceCatalog catalog(two, false);
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  EXPECT_EQ(path_of(catalog, "a.b"), "/first/other.service");
  environment.files.erase("/first/other.service");
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  EXPECT_EQ(path_of(catalog, "a.b"), "/second/a.b.service");
}

// ACT-007
TEST(ServiceCatalog, OfTwoFilesInADirectoryTheOneCalledAfterTheServiceWins) {
  FakeEnvironment environment;
  environment.files = {{"/first/a.a.service", service("a.b")},
                       {"/first/a.b.service", service("a.b")},
                       {"/second/x.service", service("c.d")},
                       {"/second/y.service", service("c.d")}};
  ServiceCatalog catalog(two, false);
  EXPECT_THAT(catalog.rescan(environment),
              ElementsAre("/first/a.a.service: ignored: \"a.b\" is also the Name in "
                          "/first/a.b.service",
                          "/second/y.service: ignored: \"c.d\" is also the Name in "
                          "/second/x.service"));
  EXPECT_EQ(path_of(catalog, "a.b"), "/first/a.b.service");
  EXPECT_EQ(path_of(catalog, "c.d"), "/second/x.service");
}

// ACT-006
TEST(ServiceCatalog, AMisnamedFileIsRefusedByAStrictDirectoryAndWarnedOfOnASystemBus) {
  FakeEnvironment environment;
  environment.files = {{"/first/x.service", service("a.b")}};

  ServiceCatalog session({{.path = "/first"}}, false);
  EXPECT_THAT(session.rescan(environment), IsEmpty());
  EXPECT_NE(session.find("a.b"), nullptr);

  ServiceCatalog system({{.path = "/first"}}, true);
  EXPECT_THAT(system.rescan(environment), ElementsAre(HasSubstr("\"a.b.service\"; the helper")));
  EXPECT_NE(system.find("a.b"), nullptr);

  ServiceCatalog strict({{.path = "/first", .strict_names = true}}, false);
  EXPECT_THAT(strict.rescan(environment),
              ElementsAre("/first/x.service: ignored: in this directory it has to be called "
                          "\"a.b.service\""));
  EXPECT_EQ(strict.find("a.b"), nullptr);
}

// ACT-004
TEST(ServiceCatalog, WhatCannotBeReadStopsNothingElse) {
  FakeEnvironment environment;
  environment.files = {{"/first/a.b.service", service("a.b")},
                       {"/first/bad.service", "nonsense"},
                       {"/first/secret.service", service("c.d")},
                       {"/second/e.f.service", service("e.f")}};
  environment.unreadable = {"/first/secret.service", "/second"};
  ServiceCatalog catalog({{.path = "/missing"}, {.path = "/first"}, {.path = "/second"}}, false);
  EXPECT_THAT(
      catalog.rescan(environment),
      ElementsAre("/first/bad.service:1: a key before the first group",
                  "/first/secret.service: Permission denied", "/second: Permission denied"));
  EXPECT_NE(catalog.find("a.b"), nullptr);
  EXPECT_EQ(catalog.services().size(), 1u);
}

TEST(ServiceCatalog, AWarningIsGivenAgainOnlyAfterItsCauseWasGone) {
  FakeEnvironment environment;
  environment.files = {{"/first/bad.service", "nonsense"}};
  ServiceCatalog catalog(two, false);
  EXPECT_EQ(catalog.rescan(environment).size(), 1u);
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  environment.files["/first/bad.service"] = service("a.b");
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  environment.files["/first/bad.service"] = "nonsense";
  EXPECT_EQ(catalog.rescan(environment).size(), 1u);
}

// ACT-008
TEST(ServiceCatalog, ReadsOnlyUnwatchedDirectoriesIfToldSo) {
  FakeEnvironment environment;
  ServiceCatalog catalog({{.path = "/run", .watched = false}, {.path = "/first"}}, false);
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  environment.files = {{"/run/a.b.service", service("a.b")},
                       {"/first/c.d.service", service("c.d")}};
  EXPECT_THAT(catalog.rescan(environment, ServiceCatalog::Which::unwatched), IsEmpty());
  EXPECT_NE(catalog.find("a.b"), nullptr);
  EXPECT_EQ(catalog.find("c.d"), nullptr);

  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  environment.files.clear();
  EXPECT_THAT(catalog.rescan(environment, ServiceCatalog::Which::unwatched), IsEmpty());
  EXPECT_EQ(catalog.find("a.b"), nullptr);
  EXPECT_NE(catalog.find("c.d"), nullptr);
}

TEST(ServiceCatalog, ADirectoryThatIsNamedTwiceIsReadOnce) {
  FakeEnvironment environment;
  environment.files = {{"/first/bad.service", "nonsense"}};
  ServiceCatalog catalog({{.path = "/first"}, {.path = "/second"}, {.path = "/first"}}, false);
  EXPECT_EQ(catalog.rescan(environment).size(), 1u);
}

TEST(ServiceCatalog, ReadsABoundedNumberOfFiles) {
  FakeEnvironment environment;
  for (std::size_t i = 0; i <= ServiceCatalog::files_max; ++i) {
    const std::string name = "a.b" + std::to_string(i);
    environment.files["/first/" + name + ".service"] = service(name);
  }
  environment.files["/second/c.d.service"] = service("c.d");
  ServiceCatalog catalog(two, false);
  for (int turn = 0; turn < 2; ++turn) {
    const auto warnings = catalog.rescan(environment);
    EXPECT_EQ(warnings.size(), turn == 0 ? 2u : 0u);
    EXPECT_EQ(catalog.services().size(), ServiceCatalog::files_max);
  }
}

TEST(DebianServices, AreReadWithoutAWarning) {
  const std::string path = "/usr/share/dbus-1/system-services";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there are none";
  SystemEnvironment environment;
  ServiceCatalog catalog({{.path = path}}, true);
  EXPECT_THAT(catalog.rescan(environment), IsEmpty());
  EXPECT_FALSE(catalog.services().empty());
}

}  // namespace
}  // namespace headway::config
