// SPDX-License-Identifier: MIT
#include "wire/names.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace headway::wire {
namespace {

using Check = std::function<bool(std::string_view)>;

void expect_all(const Check& check, const std::vector<std::string>& valid,
                const std::vector<std::string>& invalid) {
  for (const std::string& text : valid) EXPECT_TRUE(check(text)) << '"' << text << '"';
  for (const std::string& text : invalid) EXPECT_FALSE(check(text)) << '"' << text << '"';
}

TEST(Names, InterfacesAndErrorsHaveTwoElementsThatDoNotStartWithADigit) {  // NAME-002, NAME-003
  const std::vector<std::string> valid = {"a.b",
                                          "_._",
                                          "A.B9",
                                          "org.freedesktop.DBus.Properties",
                                          "org.freedesktop.DBus.Local",
                                          "a.b.c.d.e.f.g.h.i"};
  const std::vector<std::string> invalid = {
      "",     "a",     ".",     ".a.b",  "a.b.",  "a..b", "a.9b",
      "9a.b", "a-b.c", "a.b-c", "a b.c", "a.b/c", ":1.2", "org.freedesktop.DBus.Pr\xC3\xB6perties"};
  expect_all(is_interface_name, valid, invalid);
  expect_all(is_error_name, valid, invalid);
}

TEST(Names, MembersAreOneElement) {  // NAME-004
  expect_all(is_member_name, {"a", "_", "Get", "GetManagedObjects", "_9", std::string(255, 'x')},
             {"", "9", "9a", "a.b", "a-b", "Get All", "GetManagedObjects.", "GetManaged-Objects"});
}

TEST(Names, WellKnownNamesMayHaveHyphens) {  // NAME-005, NAME-009
  expect_all(is_well_known_name,
             {"a.b", "-.-", "a-b.c-d", "org.freedesktop.DBus", "org._7zip.Archiver-x"},
             {"", "a", "a.", ".a", "a..b", "a.7b", "7.a", "org.7zip.Archiver", ":1.2", "a.b:c"});
}

TEST(Names, UniqueNamesNeedAColonAndADot) {  // NAME-006
  expect_all(is_unique_name, {":1.42", ":a.b", ":-._", ":1.2.3", ":0.18446744073709551615"},
             {"", ":", ":1", ":.1", ":1.", ":1..2", "1.42", "::1.2", ":1.2/", ":1.2 "});
}

TEST(Names, BusNamesAreOfEitherKind) {
  expect_all(is_bus_name, {"a.b", ":1.2"}, {"", "a", ":1", ":", "1.2"});
}

TEST(Names, PathsHaveNoEmptyElement) {  // NAME-007
  expect_all(
      is_object_path,
      {"/", "/a", "/9", "/_", "/a/b/c", "/org/freedesktop/DBus", "/" + std::string(4000, 'x')},
      {"", "a", "//", "/a/", "/a//b", "a/b", "/a-b", "/a.b", "/org/freedesktop/DBus/",
       "/org//freedesktop/DBus", std::string("/a\0b", 4), "/\xC3\xA9"});
}

TEST(Names, NamespacesMayHaveOneElement) {  // NAME-008
  expect_all(is_name_namespace, {"com", "com.example", "-"}, {"", ".", "com.", "9", "a/b"});
}

TEST(Names, UuidsAreThirtyTwoHexDigits) {  // NAME-011
  expect_all(is_uuid, {"0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789abcdef"},
             {"", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
              "0123456789abcdeg0123456789abcdef", "01234567-89abcdef0123456789abcde",
              "0123456789abcdef0123456789abcde\x01"});
}

TEST(Names, AllButPathsEndAt255Bytes) {  // NAME-001
  const std::string long_name = "a." + std::string(253, 'b');
  for (const Check& check : {Check(is_interface_name), Check(is_error_name),
                             Check(is_well_known_name), Check(is_name_namespace)}) {
    EXPECT_TRUE(check(long_name));
    EXPECT_FALSE(check(long_name + "b"));
  }
  EXPECT_FALSE(is_member_name(std::string(256, 'x')));
  EXPECT_TRUE(is_unique_name(":1." + std::string(252, '2')));
  EXPECT_FALSE(is_unique_name(":1." + std::string(253, '2')));
}

/// The scan goes in blocks of 8 and 16 bytes that overlap at the end: a fault is one at every
/// place.
TEST(Names, AFaultIsSeenWhereverItStands) {
  for (std::size_t size = 5; size < 70; ++size) {
    std::string name(size, 'x');
    name[size / 2] = '.';
    std::string path(size, 'x');
    path[0] = path[size / 2] = '/';
    ASSERT_TRUE(is_interface_name(name) && is_object_path(path)) << size;

    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'\0', '@', '[', '`', '{', ':', '\x7F', '\x80', '\xE1', '\xFF'}) {
        std::string wrong = name;
        wrong[at] = bad;
        EXPECT_FALSE(is_interface_name(wrong)) << wrong;
        EXPECT_FALSE(is_well_known_name(wrong)) << wrong;
        wrong = path;
        wrong[at] = bad;
        EXPECT_FALSE(is_object_path(wrong)) << wrong;
      }
    }
    for (std::size_t at = 0; at + 1 < size; ++at) {
      std::string wrong = name;
      wrong.replace(at, 2, "..");
      EXPECT_FALSE(is_interface_name(wrong)) << wrong;
      EXPECT_FALSE(is_unique_name(":" + wrong)) << wrong;

      wrong = "a.b" + std::string(size, 'x');
      wrong.replace(3 + at, 2, ".1");
      EXPECT_FALSE(is_interface_name(wrong)) << wrong;
      EXPECT_TRUE(is_unique_name(":" + wrong)) << wrong;
    }
  }
}

TEST(Names, ANameIsWithinItselfAndWhatItIsBelow) {
  EXPECT_TRUE(is_name_within("a.b", "a.b"));
  EXPECT_TRUE(is_name_within("a.b.c", "a.b"));
  EXPECT_TRUE(is_name_within("a.b", "a"));
  EXPECT_FALSE(is_name_within("a.bc", "a.b"));
  EXPECT_FALSE(is_name_within("a", "a.b"));
}

TEST(Names, APathIsWithinItselfAndWhatItIsBelow) {
  EXPECT_TRUE(is_path_within("/a/b", "/a/b"));
  EXPECT_TRUE(is_path_within("/a/b/c", "/a/b"));
  EXPECT_TRUE(is_path_within("/a", "/"));
  EXPECT_TRUE(is_path_within("/", "/"));
  EXPECT_FALSE(is_path_within("/a/bc", "/a/b"));
  EXPECT_FALSE(is_path_within("/a", "/a/b"));
}

}  // namespace
}  // namespace headway::wire
