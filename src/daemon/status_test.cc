// SPDX-License-Identifier: MIT
#include "daemon/status.h"

#include <gtest/gtest.h>

namespace headway::daemon {
namespace {

using Accepting = Load::Accepting;

constexpr Time start{std::chrono::seconds(1000)};

TEST(LoadReport, TellsAChangeAtOnceAndTheNextAfterAWhile) {
  LoadReport report;
  EXPECT_FALSE(report.update({}, start));
  EXPECT_TRUE(report.update({.connections = 1}, start));
  EXPECT_FALSE(report.update({.connections = 2}, start));
  EXPECT_EQ(report.next_deadline(), start + LoadReport::interval);
  EXPECT_TRUE(report.update({.connections = 2}, start + LoadReport::interval));
  EXPECT_EQ(report.next_deadline(), std::nullopt);
}

TEST(LoadReport, WantsNoWakeUpForWhatIsAsItWasTold) {
  LoadReport report;
  EXPECT_TRUE(report.update({.connections = 1}, start));
  EXPECT_FALSE(report.update({.connections = 2}, start));
  EXPECT_FALSE(report.update({.connections = 1}, start));
  EXPECT_EQ(report.next_deadline(), std::nullopt);
}

TEST(StatusText, SaysWhatIsWrongIfAnythingIs) {
  EXPECT_EQ(status_text({.connections = 0}, ""), "Serving 0 connections");
  EXPECT_EQ(status_text({.connections = 1}, ""), "Serving 1 connection");
  EXPECT_EQ(status_text({.connections = 2, .accepting = Accepting::no_descriptors}, ""),
            "Serving 2 connections; new ones wait, because there are no file descriptors left");
  EXPECT_EQ(status_text({.connections = 2}, "a.conf:1: no\nREADY=1"),
            "Serving 2 connections; keeping its old configuration: a.conf:1: no\\x0aREADY=1");
}

}  // namespace
}  // namespace headway::daemon
