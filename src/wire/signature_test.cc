// SPDX-License-Identifier: MIT
#include "wire/signature.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headway::wire {
namespace {

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

std::string nested(std::string_view open, int count, std::string_view inside,
                   std::string_view close) {
  return repeated(open, count) + std::string(inside) + repeated(close, count);
}

TEST(Signature, AcceptsEveryTypeCode) {  // WIRE-001, WIRE-004
  for (const std::string valid : {"", "y", "b", "n", "q", "i", "u", "x", "t", "d", "s", "o", "g",
                                  "h", "v", "ay", "(y)", "a{sv}", "ybnqiuxtdsoghvay(ii)a{ov}"}) {
    EXPECT_TRUE(is_signature(valid)) << valid;
  }
}

TEST(Signature, RefusesEveryOtherByte) {  // WIRE-002
  const std::string_view codes = "ybnqiuxtdsoghv";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(is_signature(text), codes.contains(text[0])) << byte;
    EXPECT_EQ(is_signature("(" + text + ")"), codes.contains(text[0])) << byte;
    EXPECT_EQ(is_signature("a" + text), codes.contains(text[0])) << byte;
  }
}

TEST(Signature, RefusesWhatIsNotComplete) {  // WIRE-006, WIRE-007, WIRE-008
  const std::vector<std::string> invalid = {
      "a",       "aa",    "ya",     "a(",    "()",     "(",        ")",        "(y",
      "y)",      "(a)",   "a()",    "{",     "}",      "a{",       "a{}",      "a{s}",
      "a{s",     "a{sv",  "a{sss}", "a{vs}", "a{ass}", "a{(s)v}",  "{sv}",     "({sv})",
      "a({sv})", "aa{sv", "a{sa}",  "a{sv)", "(sv}",   "a{{sv}v}", "a{s{sv}}", "(a{ii)}",
      "a{s(})",  "r",     "e",      "(r)",   "a{sv}}", "a{sv})",   "m",        "*"};
  for (const std::string& text : invalid) EXPECT_FALSE(is_signature(text)) << text;
}

TEST(Signature, EndsAt255Bytes) {  // WIRE-004
  EXPECT_TRUE(is_signature(std::string(255, 'y')));
  EXPECT_FALSE(is_signature(std::string(256, 'y')));
}

TEST(Signature, NestsThirtyTwoArraysAndThirtyTwoStructs) {  // WIRE-009, WIRE-011
  EXPECT_TRUE(is_signature(nested("a", 32, "y", "")));
  EXPECT_FALSE(is_signature(nested("a", 33, "y", "")));
  EXPECT_TRUE(is_signature(nested("(", 32, "y", ")")));
  EXPECT_FALSE(is_signature(nested("(", 33, "y", ")")));
  EXPECT_TRUE(is_signature(nested("a(", 32, "y", ")")));
  EXPECT_FALSE(is_signature(nested("a(", 32, "ay", ")")));
  EXPECT_TRUE(is_signature(nested("a{y", 32, "y", "}")));
  EXPECT_FALSE(is_signature(nested("a{y", 32, "ay", "}")));
  EXPECT_TRUE(is_signature(nested("a{y", 32, nested("(", 32, "y", ")"), "}")));
}

TEST(Signature, CountsOnlyWhatIsOpen) {  // WIRE-009
  EXPECT_TRUE(is_signature(repeated("ay", 100)));
  EXPECT_TRUE(is_signature(repeated("(y)", 80)));
  EXPECT_TRUE(is_signature("(" + repeated("a(y)", 60) + ")"));
  EXPECT_TRUE(is_signature(nested("a", 32, "y", "") + nested("a", 32, "y", "")));
}

TEST(Signature, KnowsASingleCompleteType) {  // WIRE-005
  for (const std::string one : {"y", "v", "ay", "a{sv}", "(yy)", "aa(s)"}) {
    EXPECT_TRUE(is_single_complete_type(one)) << one;
  }
  for (const std::string other : {"", "yy", "ayy", "a", "(y)(y)", "a{sv}v", "va{sv}"}) {
    EXPECT_FALSE(is_single_complete_type(other)) << other;
  }
}

TEST(Signature, MeasuresTheFirstType) {
  EXPECT_EQ(complete_type_length("su"), 1u);
  EXPECT_EQ(complete_type_length("a{sv}u"), 5u);
  EXPECT_EQ(complete_type_length("aayu"), 3u);
  EXPECT_EQ(complete_type_length("(a(yy)s)a"), 8u);
}

TEST(Signature, KnowsAlignments) {  // WIRE-003, WIRE-013
  for (const char type : std::string_view("ygv")) EXPECT_EQ(alignment_of(type), 1u) << type;
  for (const char type : std::string_view("nq")) EXPECT_EQ(alignment_of(type), 2u) << type;
  for (const char type : std::string_view("biuhsoa")) EXPECT_EQ(alignment_of(type), 4u) << type;
  for (const char type : std::string_view("xtd({")) EXPECT_EQ(alignment_of(type), 8u) << type;
  for (const char type : std::string_view("sogav({")) EXPECT_EQ(fixed_size_of(type), 0u) << type;
  for (const char type : std::string_view("ybnqiuxtdh")) {
    EXPECT_EQ(fixed_size_of(type), alignment_of(type)) << type;
    EXPECT_TRUE(is_basic_type(type)) << type;
  }
  for (const char type : std::string_view("sog")) EXPECT_TRUE(is_basic_type(type)) << type;
  for (const char type : std::string_view("av({)}")) EXPECT_FALSE(is_basic_type(type)) << type;
}

}  // namespace
}  // namespace headway::wire
