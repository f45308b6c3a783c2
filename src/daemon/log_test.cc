// SPDX-License-Identifier: MIT
#include "daemon/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headway::daemon {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time start{seconds(1000)};

TEST(LogFilter, WritesDifferentLinesAtOnce) {
  LogFilter filter;
  EXPECT_THAT(filter.take("a", start), ElementsAre("a"));
  EXPECT_THAT(filter.take("b", start), ElementsAre("b"));
  EXPECT_EQ(filter.next_deadline(), std::nullopt);
}

TEST(LogFilter, FoldsRepeatsIntoOneCountedLine) {
  LogFilter filter;
  EXPECT_THAT(filter.take("a", start), ElementsAre("a"));
  EXPECT_THAT(filter.take("a", start), IsEmpty());
  EXPECT_THAT(filter.take("a", start), IsEmpty());
  EXPECT_THAT(filter.take("b", start), ElementsAre("a (repeated 2 times)", "b"));
}

TEST(LogFilter, TellsRepeatsAfterAWhileThoughNothingElseHappens) {
  LogFilter filter;
  static_cast<void>(filter.take("a", start));
  static_cast<void>(filter.take("a", start));
  EXPECT_EQ(filter.next_deadline(), start + LogFilter::fold_for);
  EXPECT_THAT(filter.due(start + seconds(1)), IsEmpty());
  EXPECT_THAT(filter.due(start + LogFilter::fold_for), ElementsAre("a (repeated 1 times)"));
  EXPECT_EQ(filter.next_deadline(), std::nullopt);
}

TEST(LogFilter, BoundsAFloodAndCountsWhatItHeldBack) {
  LogFilter filter;
  std::size_t written = 0;
  for (int i = 0; i < 10'000; ++i) written += filter.take(std::to_string(i), start).size();
  EXPECT_EQ(written, static_cast<std::size_t>(LogFilter::burst_lines));

  EXPECT_THAT(filter.due(start + LogFilter::fold_for),
              ElementsAre("9800 lines were too many and not written"));
  EXPECT_THAT(filter.take("later", start + LogFilter::fold_for), ElementsAre("later"));
}

TEST(LogFilter, ALineStaysOneLineAndShort) {
  LogFilter filter;
  EXPECT_THAT(filter.take("a\nb\x1b[2J", start), ElementsAre("a\\x0ab\\x1b[2J"));
  EXPECT_LE(filter.take(std::string(100'000, 'x'), start).at(0).size(),
            LogFilter::line_bytes_max + 4);
}

}  // namespace
}  // namespace headway::daemon
