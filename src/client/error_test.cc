// SPDX-License-Identifier: MIT
#include "headway/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "headway/named_error.h"

namespace headway {
namespace {

using OutOfRange = named_error<"org.example.Error.OutOfRange">;
struct Broken : named_error<"org.example.Error.Broken"> {
  using named_error::named_error;
};
struct Thermostat {
  using errors = throws<OutOfRange, Broken>;
};
struct Plain {};

TEST(Error, WhatAnInterfaceIsKnownForIsThrownAsItself) {
  const auto& known = detail::errors_of<Thermostat>;
  EXPECT_THROW(detail::raise(OutOfRange("above 35"), known), OutOfRange);
  EXPECT_THROW(detail::raise(error("org.example.Error.Broken", "gone"), known), Broken);
  try {
    detail::raise(error("org.example.Error.OutOfRange", "above 35"), known);
  } catch (const OutOfRange& e) {
    EXPECT_EQ(e.text(), "above 35");
    EXPECT_TRUE(e.is<OutOfRange>());
    EXPECT_FALSE(e.is<Broken>());
  }
  try {
    detail::raise(OutOfRange("above 35"), detail::errors_of<Plain>);
  } catch (const OutOfRange&) {
    FAIL() << "nobody knows it";
  } catch (const error& e) {
    EXPECT_TRUE(e.is<OutOfRange>());
  }
}

TEST(Error, ErrnosHaveNamesAndComeBack) {
  EXPECT_EQ(error_of_errno(ENOENT).name(), error_name::file_not_found);
  EXPECT_EQ(error_of_errno(ENOENT).text(), std::strerror(ENOENT));
  EXPECT_EQ(error_of_errno(EPERM, "not yours").text(), "not yours");
  EXPECT_EQ(error_of_errno(ENXIO).name(), "System.Error.ENXIO");
  EXPECT_EQ(error_of_errno(-5).name(), error_name::failed);
  for (int number = 1; number < 134; ++number) {
    const char* const name = ::strerrorname_np(number);
    if (name == nullptr || number == EPERM) continue;
    EXPECT_EQ(errno_of(error_of_errno(number)), number) << name;
  }
  EXPECT_EQ(errno_of(error_of_errno(EPERM)), EACCES);
  EXPECT_EQ(errno_of(error(error_name::no_reply, "")), ETIMEDOUT);
  EXPECT_EQ(errno_of(error("System.Error.ENOSUCH", "")), EIO);
  EXPECT_EQ(errno_of(OutOfRange("")), EIO);
}

}  // namespace
}  // namespace headway
