// SPDX-License-Identifier: MIT
#include "authority/rule_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace headway::authority {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RuleFilesTest : public testing::Test {
 protected:
  RuleFilesTest() {
    std::string pattern = testing::TempDir() + "/rulesXXXXXX";
    root = ::mkdtemp(pattern.data());
    for (const char* name : {"etc", "usr"}) {
      std::filesystem::create_directory(root / name);
      directories.push_back(root / name);
    }
    directories.push_back(root / "missing");
  }
  ~RuleFilesTest() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& text = "") const {
    std::ofstream(root / path) << text;
  }
  std::vector<std::string> read() {
    std::vector<std::string> paths;
    for (const RuleFile& file : read_rule_files(directories, warnings)) {
      paths.push_back(std::filesystem::path(file.path).lexically_relative(root));
    }
    return paths;
  }

  std::filesystem::path root;
  std::vector<std::string> directories;
  std::vector<std::string> warnings;
};

TEST_F(RuleFilesTest, CountInTheOrderOfTheirNamesAndNoneMasksAnother) {
  for (const char* path : {"usr/20-b.rules", "usr/100-a.rules", "etc/B.rules", "etc/a.rules",
                           "usr/50-x.rules", "etc/50-x.rules", "etc/.10-a.rules"}) {
    write(path);
  }
  EXPECT_THAT(read(),
              ElementsAre("etc/.10-a.rules", "usr/100-a.rules", "usr/20-b.rules", "etc/50-x.rules",
                          "usr/50-x.rules", "etc/B.rules", "etc/a.rules"));
  EXPECT_TRUE(warnings.empty());
}

TEST_F(RuleFilesTest, OtherNamesAreNotRead) {
  for (const char* path : {"etc/a.rules~", "etc/a.rule", "etc/rules", "etc/b.RULES"}) write(path);
  EXPECT_THAT(read(), ElementsAre());
}

TEST_F(RuleFilesTest, WhatCannotBeReadIsToldAndTheRestCounts) {
  write("etc/10-good.rules", "text");
  std::filesystem::create_directory(root / "etc/20-directory.rules");
  std::filesystem::create_symlink("nowhere", root / "etc/30-dangling.rules");
  std::filesystem::create_symlink("../etc/10-good.rules", root / "usr/40-link.rules");
  write("etc/50-long.rules", std::string(rule_file_bytes_max + 1, ' '));
  EXPECT_THAT(read(), ElementsAre("etc/10-good.rules", "usr/40-link.rules"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("20-directory.rules"), HasSubstr("30-dangling.rules"),
                                    HasSubstr("50-long.rules")));
}

TEST_F(RuleFilesTest, ThereIsABoundForAllTogether) {
  for (int i = 0; i < 10; ++i) {
    write("etc/" + std::to_string(i) + ".rules", std::string(rule_file_bytes_max, ' '));
  }
  EXPECT_EQ(read().size(), rule_bytes_max / rule_file_bytes_max);
  EXPECT_EQ(warnings.size(), 2u);
}

}  // namespace
}  // namespace headway::authority
