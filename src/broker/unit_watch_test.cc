// SPDX-License-Identifier: MIT
#include "broker/unit_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway::broker {
namespace {

using testing::HasSubstr;
using Property = UnitWatch::Property;

constexpr auto alias_path = "/org/freedesktop/systemd1/unit/dbus_2da_2eservice";
constexpr auto real_path = "/org/freedesktop/systemd1/unit/real_2eservice";

bool is_nothing(const UnitWatch::Next& next) { return !next.question && next.failure.empty(); }

bool asks(const UnitWatch::Next& next, Property property, std::string_view path) {
  return next.failure.empty() && next.question && next.question->property == property &&
         next.question->path == path;
}

/// Requested, and systemd has said that job 7 starts it.
UnitWatch working() {
  UnitWatch watch("dbus-a.service");
  EXPECT_TRUE(asks(watch.begin(), Property::job, alias_path));
  EXPECT_TRUE(is_nothing(watch.job_is(7)));
  return watch;
}

TEST(UnitPath, EscapesWhatAPathCannotHold) {
  EXPECT_EQ(unit_path("dbus-a.service"), alias_path);
  EXPECT_EQ(unit_path("9a@\xc3\xa4.service"),
            "/org/freedesktop/systemd1/unit/_39a_40_c3_a4_2eservice");
}

TEST(UnitWatch, AFailedJobIsAFailure) {
  for (const char* result : {"failed", "timeout", "dependency", "canceled", "assert", "new one"}) {
    UnitWatch watch = working();
    EXPECT_THAT(watch.job_removed(7, "real.service", result).failure, HasSubstr(result));
  }
}

TEST(UnitWatch, OtherJobsOfTheUnitMeanNothing) {
  UnitWatch watch = working();
  EXPECT_TRUE(is_nothing(watch.job_removed(6, "real.service", "canceled")));
  EXPECT_TRUE(is_nothing(watch.job_removed(0, "real.service", "failed")));
}

TEST(UnitWatch, NothingIsKnownBeforeSystemdHasNamedTheJob) {
  UnitWatch watch("dbus-a.service");
  EXPECT_TRUE(is_nothing(watch.job_removed(0, "real.service", "failed")));
  static_cast<void>(watch.begin());
  EXPECT_TRUE(is_nothing(watch.job_removed(0, "real.service", "failed")));
  EXPECT_TRUE(is_nothing(watch.changed(alias_path)));
}

TEST(UnitWatch, AUnitThatWasStartedIsLookedAtByItsTrueName) {
  for (const char* result : {"done", "skipped"}) {
    UnitWatch watch = working();
    EXPECT_TRUE(
        asks(watch.job_removed(7, "real.service", result), Property::active_state, real_path));
    EXPECT_TRUE(is_nothing(watch.active_state_is("activating")));
    EXPECT_TRUE(is_nothing(watch.changed(alias_path)));
    EXPECT_TRUE(asks(watch.changed(real_path), Property::active_state, real_path));
    EXPECT_TRUE(is_nothing(watch.active_state_is("active")));
    EXPECT_TRUE(asks(watch.changed(real_path), Property::active_state, real_path));
    EXPECT_THAT(watch.active_state_is("failed").failure, HasSubstr("failed"));
  }
}

TEST(UnitWatch, WhatChangesBeforeTheJobIsDoneMeansNothing) {  // it may be ending what was before
  UnitWatch watch = working();
  EXPECT_TRUE(is_nothing(watch.changed(alias_path)));
  EXPECT_TRUE(is_nothing(watch.changed(real_path)));
}

TEST(UnitWatch, AsksOneThingAtATime) {
  UnitWatch watch = working();
  static_cast<void>(watch.job_removed(7, "real.service", "done"));
  EXPECT_EQ(watch.asking(), Property::active_state);
  EXPECT_TRUE(is_nothing(watch.changed(real_path)));
  watch.unanswered();
  EXPECT_EQ(watch.asking(), std::nullopt);
  EXPECT_TRUE(asks(watch.changed(real_path), Property::active_state, real_path));
}

TEST(UnitWatch, WithoutAJobTheStateTells) {
  UnitWatch watch("real.service");
  static_cast<void>(watch.begin());
  EXPECT_TRUE(asks(watch.job_is(0), Property::active_state, real_path));
  EXPECT_TRUE(is_nothing(watch.active_state_is("active")));
  EXPECT_TRUE(asks(watch.changed(real_path), Property::active_state, real_path));
  EXPECT_THAT(watch.active_state_is("failed").failure, HasSubstr("failed"));
}

TEST(UnitWatch, AUnitThatEndsWellFailsOnlyForItsConditions) {  // ACT-024
  UnitWatch watch = working();
  static_cast<void>(watch.job_removed(7, "real.service", "done"));
  EXPECT_TRUE(asks(watch.active_state_is("inactive"), Property::condition_result, real_path));
  EXPECT_TRUE(is_nothing(watch.condition_result_is(true)));
  EXPECT_TRUE(asks(watch.changed(real_path), Property::active_state, real_path));
  EXPECT_TRUE(asks(watch.active_state_is("inactive"), Property::condition_result, real_path));
  EXPECT_THAT(watch.condition_result_is(false).failure, HasSubstr("conditions"));
}

TEST(UnitWatch, BeginsAnewWithAnotherSystemd) {
  UnitWatch watch = working();
  static_cast<void>(watch.job_removed(7, "real.service", "done"));
  EXPECT_TRUE(asks(watch.begin(), Property::job, alias_path));
  EXPECT_TRUE(is_nothing(watch.changed(real_path)));
}

}  // namespace
}  // namespace headway::broker
