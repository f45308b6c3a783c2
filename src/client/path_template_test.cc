// SPDX-License-Identifier: MIT
#include "headway/path_template.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace headway {
namespace {

TEST(PathElement, IsWrittenAsSystemdWritesIt) {
  EXPECT_EQ(escape_path_element("dbus.service"), "dbus_2eservice");
  EXPECT_EQ(escape_path_element("1a1"), "_31a1");
  EXPECT_EQ(escape_path_element("a_b"), "a_5fb");
  EXPECT_EQ(escape_path_element(""), "_");
  EXPECT_EQ(escape_path_element("\xc3\xa4"), "_c3_a4");
}

TEST(PathElement, EveryTextComesBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& text : {all, std::string(), std::string("_"), std::string("7")}) {
    EXPECT_EQ(unescape_path_element(escape_path_element(text)), text);
    EXPECT_NO_THROW(object_path("/" + escape_path_element(text)));
  }
  EXPECT_EQ(unescape_path_element("a_62"), "ab");
}

TEST(PathElement, WhatCannotHaveBeenMadeSoIsNone) {
  for (const char* const element : {"", "a_", "a_2", "_zz", "a-b", "__"}) {
    EXPECT_EQ(unescape_path_element(element), std::nullopt) << element;
  }
}

TEST(PathTemplate, FillsInAndTakesOut) {
  const path_template units("/org/example/{machine}/units/{name}");
  EXPECT_EQ(units.path("host", "a.service").str(), "/org/example/host/units/a_2eservice");
  EXPECT_EQ(units.match("/org/example/host/units/a_2eservice"), (path_words{"host", "a.service"}));
  EXPECT_EQ(units.match("/org/example/_/units/_"), (path_words{"", ""}));
  EXPECT_EQ(units.prefix(), "/org/example");
  EXPECT_EQ(path_template("/{any}").prefix(), "/");
}

TEST(PathTemplate, OtherPathsDoNotMatch) {
  const path_template units("/units/{name}");
  for (const char* const path : {"", "/", "/units", "/units/", "/units/a/b", "/other/a", "units/a",
                                 "/units/a_", "/units/a_62", "/units/9", "/units/_5F"}) {
    EXPECT_EQ(units.match(path), std::nullopt) << path;
  }
}

TEST(PathTemplate, WhatIsNoneIsRefused) {
  for (const char* const text :
       {"", "/", "units", "/units/", "/{}", "/a{name}", "/{name}b", "//a", "/a b", "/{a b}"}) {
    EXPECT_THROW(path_template{text}, error) << text;
  }
  EXPECT_THROW(std::ignore = path_template("/{name}").path("a", "b"), error);
}

}  // namespace
}  // namespace headway
