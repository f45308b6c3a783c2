// SPDX-License-Identifier: MIT
#include "daemon/process.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace headway::daemon {
namespace {

namespace fs = std::filesystem;

class PidFiles : public ::testing::Test {
 protected:
  PidFiles() {
    std::string name = fs::temp_directory_path() / "pid-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    path_ = directory_ / "pid";
  }
  ~PidFiles() override { fs::remove_all(directory_); }

  void write(const std::string& text) { std::ofstream(path_) << text; }
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path directory_;
  fs::path path_;
  const std::string ours_ = std::to_string(::getpid()) + "\n";
};

std::string pid_of_nobody() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  return std::to_string(child);
}

TEST_F(PidFiles, OneIsThereUntilItsOwnerIsGone) {  // CONF-013
  {
    const auto file = PidFile::create(path_);
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(text(), ours_);
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(PidFiles, OneOfAProcessThatRunsIsLeftAlone) {
  write("1\n");

  EXPECT_FALSE(PidFile::check_free(path_));
  EXPECT_FALSE(PidFile::create(path_));
  EXPECT_EQ(text(), "1\n");
}

TEST_F(PidFiles, OneOfAProcessThatWasKilledIsReplaced) {
  for (const std::string& left : {pid_of_nobody(), pid_of_nobody() + "\n", ours_, std::string()}) {
    write(left);

    EXPECT_TRUE(PidFile::check_free(path_)) << left;
    const auto file = PidFile::create(path_);
    ASSERT_TRUE(file) << left << ": " << file.error();
    EXPECT_EQ(text(), ours_);
  }
}

TEST_F(PidFiles, WhatIsNoPidFileIsLeftAlone) {
  for (const char* const other : {"root:x:0:0\n", "12 34\n", "-1\n", "0\n", "99999999999999\n"}) {
    write(other);

    EXPECT_FALSE(PidFile::create(path_)) << other;
    EXPECT_EQ(text(), other);
  }
}

}  // namespace
}  // namespace headway::daemon
