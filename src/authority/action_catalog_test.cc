// SPDX-License-Identifier: MIT
#include "authority/action_catalog.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace headway::authority {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Catalog : ::testing::Test {
  Catalog() {
    std::string name = ::testing::TempDir() + "catalog-XXXXXX";
    place = ::mkdtemp(name.data());
    std::filesystem::create_directory(place / "etc");
    std::filesystem::create_directory(place / "usr");
  }
  ~Catalog() override { std::filesystem::remove_all(place); }

  void write(const std::string& name, const std::string& inside) const {
    std::ofstream(place / name) << "<policyconfig>" << inside << "</policyconfig>";
  }
  ActionCatalog load() {
    warnings.clear();
    return ActionCatalog::load({place / "etc", place / "missing", place / "usr"}, warnings);
  }

  std::filesystem::path place;
  std::vector<std::string> warnings;
};

std::vector<std::string> ids(const ActionCatalog& catalog) {
  std::vector<std::string> result;
  for (const auto& [id, action] : catalog.actions()) result.push_back(id);
  return result;
}

TEST_F(Catalog, AnEarlierDirectoryMasksFilesOfTheSameName) {
  write("etc/a.policy", "<action id='mine'/>");
  write("usr/a.policy", "<action id='theirs'/>");
  write("usr/b.policy", "<action id='other'/>");
  EXPECT_THAT(ids(load()), ElementsAre("mine", "other"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(Catalog, OfOneActionInTwoFilesTheOneReadLastCounts) {
  write("usr/a.policy", "<action id='x'><vendor>a</vendor></action>");
  write("etc/b.policy", "<action id='x'><vendor>b</vendor></action>");
  const auto catalog = load();
  ASSERT_NE(catalog.find("x"), nullptr);
  EXPECT_EQ(catalog.find("x")->vendor, "b");
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("is also in " + (place / "usr/a.policy").string())));
}

TEST_F(Catalog, WhatIsNoFileOfActionsIsPassedOver) {
  write("usr/a.policy.bak", "<action id='x'/>");
  std::filesystem::create_directory(place / "usr/b.policy");
  ASSERT_EQ(::mkfifo((place / "usr/c.policy").c_str(), 0600), 0);  // would block who opens it
  std::filesystem::create_symlink("/nowhere/at/all", place / "usr/d.policy");
  write("usr/e.policy", "<action id='y'/>");
  EXPECT_THAT(ids(load()), ElementsAre("y"));
  EXPECT_EQ(warnings.size(), 3U);
}

TEST_F(Catalog, ImplyingActionsAreFound) {
  constexpr auto action = [](std::string id, std::string implied) {
    Action made;
    made.id = std::move(id);
    made.annotations[imply_annotation] = std::move(implied);
    return made;
  };
  const ActionCatalog catalog({action("a", "x y"), action("b", " y\n y z"), action("c", "")});
  const auto names = [&](std::string_view id) {
    std::vector<std::string> result;
    for (const Action* which : catalog.implying(id)) result.push_back(which->id);
    return result;
  };
  EXPECT_THAT(names("x"), ElementsAre("a"));
  EXPECT_THAT(names("y"), ElementsAre("a", "b"));
  EXPECT_THAT(names("a"), IsEmpty());
}

}  // namespace
}  // namespace headway::authority
