// SPDX-License-Identifier: MIT
#include "io/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "io/loop.h"

namespace headway::io {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class WatchTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/headway-watch-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
    auto watch = DirectoryWatch::create();
    ASSERT_TRUE(watch);
    watch_.emplace(std::move(*watch));
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string at(const std::string& path) const { return root_ + "/" + path; }
  std::string make(const std::string& path) const {
    fs::create_directories(at(path));
    return at(path);
  }
  void write(const std::string& path) const { std::ofstream(at(path)) << "text"; }

  std::string root_;
  std::optional<DirectoryWatch> watch_;
};

// CONF-032
TEST_F(WatchTest, AFileWrittenMovedOrDeletedIsAChangeOfItsDirectoryAlone) {
  const auto a = make("a");
  const auto b = make("b");
  make("elsewhere");
  write("elsewhere/x");
  ASSERT_THAT(watch_->replace({a, b}), IsEmpty());
  EXPECT_THAT(watch_->drain(), IsEmpty());

  write("a/x");
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
  EXPECT_THAT(watch_->drain(), IsEmpty());
  fs::rename(at("a/x"), at("b/y"));
  EXPECT_THAT(watch_->drain(), UnorderedElementsAre(a, b));
  fs::remove(at("b/y"));
  EXPECT_THAT(watch_->drain(), ElementsAre(b));
  fs::rename(at("elsewhere/x"), at("a/x"));
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
}

TEST_F(WatchTest, AFileThatIsBeingWrittenIsNoChangeUntilItIsClosed) {
  const auto a = make("a");
  ASSERT_THAT(watch_->replace({a}), IsEmpty());
  std::ofstream file(at("a/x"));
  file << "half" << std::flush;
  EXPECT_THAT(watch_->drain(), IsEmpty());
  file.close();
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
}

TEST_F(WatchTest, ALinkIsAChangeAtOnce) {
  const auto a = make("a");
  write("x");
  ASSERT_THAT(watch_->replace({a}), IsEmpty());
  fs::create_symlink(at("x"), at("a/symbolic"));
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
  fs::create_hard_link(at("x"), at("a/hard"));
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
}

TEST_F(WatchTest, AMissingDirectoryIsAChangeWhenItAppearsAndWatchedFromThenOn) {
  const auto deep = at("one/two/three");
  ASSERT_THAT(watch_->replace({deep}), IsEmpty());
  make("another");
  make("one");
  EXPECT_THAT(watch_->drain(), IsEmpty());
  make("one/two");
  EXPECT_THAT(watch_->drain(), IsEmpty());
  make("one/two/three");
  EXPECT_THAT(watch_->drain(), ElementsAre(deep));
  write("one/two/three/x");
  EXPECT_THAT(watch_->drain(), ElementsAre(deep));
}

TEST_F(WatchTest, AMissingDirectoryIsNoticedWhenItComesWithItsParents) {
  const auto deep = at("one/two/three");
  ASSERT_THAT(watch_->replace({deep}), IsEmpty());
  make("one/two/three");
  EXPECT_THAT(watch_->drain(), ElementsAre(deep));
  write("one/two/three/x");
  EXPECT_THAT(watch_->drain(), ElementsAre(deep));
}

TEST_F(WatchTest, AFileWhereADirectoryShouldBeIsAsGoodAsNone) {
  const auto a = at("a");
  write("a");
  ASSERT_THAT(watch_->replace({a}), IsEmpty());
  fs::remove(at("a"));
  make("a");
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
}

TEST_F(WatchTest, ADirectoryThatGoesIsAChangeAndSoIsItsReturn) {
  const auto a = make("a");
  ASSERT_THAT(watch_->replace({a}), IsEmpty());
  fs::remove(a);
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
  make("a");
  EXPECT_THAT(watch_->drain(), ElementsAre(a));

  fs::rename(a, at("b"));
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
  write("b/x");  // is a's no more
  EXPECT_THAT(watch_->drain(), IsEmpty());
  fs::rename(at("b"), a);
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
}

TEST_F(WatchTest, AParentMayBeADirectoryToWatchItself) {
  const auto a = make("a");
  const auto below = at("a/below");
  ASSERT_THAT(watch_->replace({a, below, a}), IsEmpty());
  make("a/below");
  EXPECT_THAT(watch_->drain(), ElementsAre(a, below));
  write("a/below/x");
  EXPECT_THAT(watch_->drain(), ElementsAre(below));
}

TEST_F(WatchTest, WhatIsNotAmongTheNewOnesIsNotReportedAnyMore) {
  const auto a = make("a");
  const auto b = make("b");
  ASSERT_THAT(watch_->replace({a}), IsEmpty());
  write("a/before");
  ASSERT_THAT(watch_->replace({b}), IsEmpty());
  write("a/after");
  write("b/x");
  EXPECT_THAT(watch_->drain(), ElementsAre(b));
  ASSERT_THAT(watch_->replace({}), IsEmpty());
  write("b/y");
  EXPECT_THAT(watch_->drain(), IsEmpty());
}

TEST_F(WatchTest, DirectoriesBeyondTheBoundAreReported) {
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= DirectoryWatch::directories_max; ++i) {
    many.push_back(make(std::to_string(i)));
  }
  EXPECT_THAT(watch_->replace(many),
              ElementsAre(DirectoryWatch::Unwatched{many.back(), "more than 128 directories"}));
  write("127/x");
  write("128/x");
  EXPECT_THAT(watch_->drain(), ElementsAre(at("127")));
}

TEST_F(WatchTest, AnOverflowIsAChangeOfEveryDirectory) {
  std::size_t queue_max = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue_max;
  if (queue_max == 0 || queue_max > 100'000) GTEST_SKIP() << "the kernel's queue is too long";
  const auto a = make("a");
  const auto b = make("b");
  ASSERT_THAT(watch_->replace({a, b}), IsEmpty());
  write("a/0");
  for (std::size_t i = 0; i < queue_max; ++i) {  // equal events in a row would be one
    fs::rename(at("a/" + std::to_string(i)), at("a/" + std::to_string(i + 1)));
  }
  std::vector<std::string> all;
  for (int turn = 0; turn < 1000 && all.size() < 2; ++turn) all = watch_->drain();
  EXPECT_THAT(all, UnorderedElementsAre(a, b));
}

TEST_F(WatchTest, ALoopSaysWhenThereIsSomethingToDrain) {
  const auto a = make("a");
  auto loop = Loop::create();
  ASSERT_TRUE(loop->add(watch_->fd(), EPOLLIN, 7));
  ASSERT_THAT(watch_->replace({a}), IsEmpty());
  EXPECT_TRUE(loop->poll().empty());
  write("a/x");
  EXPECT_EQ(loop->wait(std::nullopt).size(), 1u);
  EXPECT_THAT(watch_->drain(), ElementsAre(a));
  EXPECT_TRUE(loop->poll().empty());
}

TEST_F(WatchTest, ARelativeDirectoryIsLookedForInTheWorkingDirectory) {
  const auto before = fs::current_path();
  fs::current_path(root_);
  ASSERT_THAT(watch_->replace({"one/two/"}), IsEmpty());
  make("one/two");
  EXPECT_THAT(watch_->drain(), ElementsAre("one/two/"));
  fs::current_path(before);
}

}  // namespace
}  // namespace headway::io
