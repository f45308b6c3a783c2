// SPDX-License-Identifier: MIT
#include "daemon/log_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headway::daemon {
namespace {

using broker::LogEntry;
using broker::LogField;
using broker::LogKind;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time start{seconds(1000)};

LogEntry entry(std::string text, LogKind kind = LogKind::refused_by_policy) {
  return {.kind = kind, .text = std::move(text), .fields = {}};
}

std::vector<std::string> texts(const LogFilter::Entries& entries) {
  std::vector<std::string> result;
  for (const LogEntry& one : entries) result.push_back(one.text);
  return result;
}

class LogFilterTest : public testing::Test {
 protected:
  std::vector<std::string> take(std::string text, Time now = start) {
    return texts(filter_.take(entry(std::move(text)), now));
  }

  LogFilter filter_;
};

TEST_F(LogFilterTest, WritesDifferentTextsAtOnce) {
  EXPECT_THAT(take("a"), ElementsAre("a"));
  EXPECT_THAT(take("b"), ElementsAre("b"));
  EXPECT_EQ(filter_.next_deadline(), std::nullopt);
}

TEST_F(LogFilterTest, FoldsRepeatsIntoOneCountedEntryAfterAWhile) {
  EXPECT_THAT(take("a"), ElementsAre("a"));
  EXPECT_THAT(take("a"), IsEmpty());
  EXPECT_THAT(take("a", start + seconds(9)), IsEmpty());

  EXPECT_EQ(filter_.next_deadline(), start + LogFilter::fold_for);
  EXPECT_THAT(filter_.due(start + seconds(9)), IsEmpty());
  const auto summary = filter_.due(start + LogFilter::fold_for);
  EXPECT_THAT(texts(summary), ElementsAre("a (repeated 2 times)"));
  EXPECT_THAT(summary[0].fields, ElementsAre(std::pair(LogField::count, std::string("2"))));
  EXPECT_EQ(filter_.next_deadline(), std::nullopt);
  EXPECT_THAT(take("a", start + seconds(11)), ElementsAre("a"));
}

TEST_F(LogFilterTest, FoldsRepeatsThatTakeTurns) {
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(take("a"));
    static_cast<void>(take("b"));
  }
  EXPECT_THAT(texts(filter_.due(start + LogFilter::fold_for)),
              ElementsAre("a (repeated 4 times)", "b (repeated 4 times)"));
}

TEST_F(LogFilterTest, ASummaryHasTheKindAndTheFieldsOfWhatItSumsUp) {
  LogEntry one = entry("a");
  one.fields = {{LogField::member, "M"}};
  static_cast<void>(filter_.take(one, start));
  static_cast<void>(filter_.take(one, start));
  const auto summary = filter_.finish();
  ASSERT_EQ(summary.size(), 1u);
  EXPECT_EQ(summary[0].kind, one.kind);
  EXPECT_EQ(summary[0].fields[0], one.fields[0]);
}

TEST_F(LogFilterTest, TheSameTextOfAnotherKindIsNoRepeat) {
  static_cast<void>(filter_.take(entry("a"), start));
  EXPECT_EQ(filter_.take(entry("a", LogKind::start_failed), start).size(), 1u);
}

TEST_F(LogFilterTest, RemembersABoundedNumberOfTextsAndTellsTheRepeatsOfThoseItForgets) {
  static_cast<void>(take("first"));
  static_cast<void>(take("first"));
  std::vector<std::string> written;
  for (std::size_t i = 0; i < LogFilter::folds_max; ++i) {
    for (std::string& text : take(std::to_string(i))) written.push_back(std::move(text));
  }
  EXPECT_THAT(written, testing::Contains("first (repeated 1 times)"));
  EXPECT_THAT(take("first"), ElementsAre("first"));
}

TEST_F(LogFilterTest, BoundsAFloodAndCountsWhatItHeldBack) {
  std::size_t written = 0;
  for (int i = 0; i < 10'000; ++i) written += take(std::to_string(i)).size();
  EXPECT_EQ(written, static_cast<std::size_t>(LogFilter::burst_entries));

  const auto later = start + LogFilter::fold_for;
  EXPECT_EQ(filter_.next_deadline(), later);
  const auto summary = filter_.due(later);
  EXPECT_THAT(texts(summary), ElementsAre("9800 entries were too many and not written"));
  EXPECT_EQ(summary[0].kind, LogKind::entries_dropped);
  EXPECT_THAT(take("later", later), ElementsAre("later"));
}

TEST_F(LogFilterTest, AFloodOfOneKindHidesNoOther) {
  for (int i = 0; i < 10'000; ++i) static_cast<void>(take(std::to_string(i)));
  EXPECT_EQ(filter_.take(entry("x", LogKind::configuration_refused), start).size(), 1u);
}

TEST_F(LogFilterTest, ATextStaysOneLineAndShort) {
  EXPECT_THAT(take("a\nb\x1b[2J"), ElementsAre("a\\x0ab\\x1b[2J"));
  EXPECT_LE(take(std::string(100'000, 'x')).at(0).size(), LogFilter::text_bytes_max + 4);
  EXPECT_LE(take(std::string(100'000, '\n')).at(0).size(), 4 * LogFilter::text_bytes_max + 4);
}

TEST(OneLine, KeepsUtf8AndShowsTheRest) {
  EXPECT_EQ(one_line("gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80"), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80");
  EXPECT_EQ(one_line("\xc2\x9b"
                     "2J"),
            "\\xc2\\x9b2J");  // a control sequence of 8-bit terminals
  EXPECT_EQ(one_line("\xc3"), "\\xc3");
  EXPECT_EQ(one_line(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
}

}  // namespace
}  // namespace headway::daemon
