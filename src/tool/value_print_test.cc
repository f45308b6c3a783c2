// SPDX-License-Identifier: MIT
#include "tool/value_print.h"

#include <gtest/gtest.h>

#include <string>

#include "tool/value_text.h"

namespace headway::tool {
namespace {

message message_of(std::string_view type, std::string_view text) {
  message_builder builder = message_builder::signal("/", "a.b", "C");
  EXPECT_TRUE(append_value(builder, type, text, open_named_fd));
  return builder.build();
}

/// What people see of the value.
std::string shown(std::string_view type, std::string_view text, bool has_colors = false) {
  const message what = message_of(type, text);
  message_reader values = what.body();
  return text_of_value(values, Output(false, has_colors));
}

TEST(ValuePrint, TextsStandAsTheyAreButDoNotSteerTheTerminal) {
  EXPECT_EQ(shown("s", "a \"b\"\nc"), "a \"b\"\nc\n");
  EXPECT_EQ(shown("s", "\033[2J"), "\\x1b[2J\n");
  EXPECT_EQ(shown("o", "/a"), "/a\n");
  EXPECT_EQ(shown("u", "5"), "5\n");
  EXPECT_EQ(shown("b", "on"), "true\n");
  EXPECT_EQ(shown("d", "0.1"), "0.1\n");
}

TEST(ValuePrint, ElementsStandOnLinesOfTheirOwn) {
  EXPECT_EQ(shown("as", "a,b"), "a\nb\n");
  EXPECT_EQ(shown("as", ""), "");
  EXPECT_EQ(shown("aas", "[[a,b],[c]]"), "[\"a\", \"b\"]\n[\"c\"]\n");
}

TEST(ValuePrint, StructsOfBasicValuesAreRows) {
  EXPECT_EQ(shown("a(su)", "[[a,1000],[long,1]]"),
            "a     1000\n"
            "long  1\n");
  EXPECT_EQ(shown("(su)", "a,5"), "(\"a\", 5)\n");
}

TEST(ValuePrint, DictionariesAreColumns) {
  EXPECT_EQ(shown("a{sv}", "{a: 5, longer: [x, y], c: {d: s:e}}"),
            "a       5\n"
            "longer  [\"x\", \"y\"]\n"
            "c       {\"d\": \"e\"}\n");
}

TEST(ValuePrint, WhatIsTooLongForALineIsIndented) {
  const std::string word(60, 'x');
  const std::string text = "{a: [" + word + ", " + word + "], b: (1, {k: " + word + "})}";

  EXPECT_EQ(shown("a{sv}", text),
            "a  [\n"
            "    \"" +
                word +
                "\",\n"
                "    \"" +
                word +
                "\"\n"
                "  ]\n"
                "b  (1, {\"k\": \"" +
                word + "\"})\n");
}

TEST(ValuePrint, BytesAreTextOrHex) {
  EXPECT_EQ(shown("ay", R"("abc\u0000")"), "\"abc\\u0000\"\n");
  EXPECT_EQ(shown("ay", "1,255"), "hex:01ff\n");
  EXPECT_EQ(shown("ay", ""), "hex:\n");
}

TEST(ValuePrint, VariantsAreWhatIsInThem) {
  EXPECT_EQ(shown("v", "v:as:a,b"), "a\nb\n");
  EXPECT_EQ(shown("av", "[1,{a: s:b}]"), "1\n{\"a\": \"b\"}\n");
}

TEST(ValuePrint, ADescriptorSaysWhatItIsOf) {
  EXPECT_EQ(shown("h", "@/dev/null"), "/dev/null\n");
  EXPECT_EQ(shown("ah", "[@/dev/null]"), "/dev/null\n");
}

TEST(ValuePrint, ColorsTellKeysFromValues) {
  EXPECT_EQ(shown("a{ss}", "a=b", true), "\033[36ma\033[0m  \033[32m\"b\"\033[0m\n");
}

TEST(ValuePrint, ABodyInJsonHasItsSignature) {
  message_builder builder = message_builder::signal("/", "a.b", "C");
  JsonText json;
  append_json_body(json, builder.string("a").open_variant("y").byte(5).close().build());
  EXPECT_EQ(json.text(), R"({"type":"sv","data":["a",{"type":"y","data":5}]})");

  JsonText empty;
  append_json_body(empty, message_builder::signal("/", "a.b", "C").build());
  EXPECT_EQ(empty.text(), R"({"type":"","data":[]})");
}

}  // namespace
}  // namespace headway::tool
