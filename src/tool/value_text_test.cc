// SPDX-License-Identifier: MIT
#include "tool/value_text.h"

#include <gtest/gtest.h>

#include <string>

#include "tool/value_print.h"

namespace headway::tool {
namespace {

std::expected<unique_fd, std::string> no_fd(std::string_view text) {
  return std::unexpected("no descriptor: " + std::string(text));
}

/// What --json prints of the value that is read; or "error: " and the text.
std::string outcome(std::string_view type, std::string_view text) {
  message_builder builder = message_builder::signal("/", "a.b", "C");
  if (const auto done = append_value(builder, type, text, no_fd); !done) {
    return "error: " + done.error();
  }
  const message what = builder.build();
  EXPECT_EQ(what.signature(), type);
  message_reader values = what.body();
  JsonText json;
  append_json(json, values);
  return json.text();
}

struct Case {
  const char* type;
  const char* text;
  const char* outcome;
};
class ValueText : public testing::TestWithParam<Case> {};

TEST_P(ValueText, IsReadByItsType) {
  EXPECT_EQ(outcome(GetParam().type, GetParam().text), GetParam().outcome)
      << GetParam().type << " from " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ValueText,
    testing::Values(Case{"s", "hello world", R"("hello world")"}, Case{"s", "", R"("")"},
                    Case{"s", R"( "a", [b] )", R"(" \"a\", [b] ")"},
                    Case{"s", "\xff", "error: a text has to be UTF-8 without NUL"},
                    Case{"o", "/a/b", R"("/a/b")"},
                    Case{"o", "a", R"(error: "a" is no object path, such as /org/example)"},
                    Case{"g", "a{sv}", R"("a{sv}")"}, Case{"g", "", R"("")"},
                    Case{"g", "a{", R"(error: "a{" is no signature, such as a{sv})"},
                    Case{"h", "@x,y", "error: no descriptor: @x,y"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, ValueText,
    testing::Values(
        Case{"y", "255", "255"}, Case{"y", "0xfF", "255"}, Case{"y", " 7 ", "7"},
        Case{"y", "256", R"(error: "256" is no whole number from 0 to 255)"},
        Case{"y", "-1", R"(error: "-1" is no whole number from 0 to 255)"},
        Case{"n", "-0x8000", "-32768"}, Case{"q", "65535", "65535"},
        Case{"i", "-2147483648", "-2147483648"},
        Case{"i", "0x-5", R"(error: "0x-5" is no whole number from -2147483648 to 2147483647)"},
        Case{"i", "--5", R"(error: "--5" is no whole number from -2147483648 to 2147483647)"},
        Case{"u", "4294967296", R"(error: "4294967296" is no whole number from 0 to 4294967295)"},
        Case{"x", "-9223372036854775808", "-9223372036854775808"},
        Case{"t", "18446744073709551615", "18446744073709551615"}, Case{"t", R"("5")", "5"},
        Case{"t", "", "error: a value is missing at the end"},
        Case{"t", "5 6", R"(error: "5 6" is no whole number from 0 to 18446744073709551615)"},
        Case{"t", "5,6", R"(error: ",6" is left over)"}, Case{"d", "1.5", "1.5"},
        Case{"d", "1e3", "1000"}, Case{"d", "-inf", R"("-inf")"}, Case{"d", R"("nan")", R"("nan")"},
        Case{"d", "1x", R"(error: "1x" is no number)"}));

INSTANTIATE_TEST_SUITE_P(
    Booleans, ValueText,
    testing::Values(Case{"b", "true", "true"}, Case{"b", "yes", "true"}, Case{"b", "on", "true"},
                    Case{"b", "1", "true"}, Case{"b", "false", "false"}, Case{"b", "no", "false"},
                    Case{"b", "off", "false"}, Case{"b", "0", "false"},
                    Case{"b", "maybe", R"(error: "maybe" is neither true nor false)"}));

INSTANTIATE_TEST_SUITE_P(
    Arrays, ValueText,
    testing::Values(Case{"as", R"(["a", "b c"])", R"(["a","b c"])"},
                    Case{"as", "[a, b c ,d]", R"(["a","b c","d"])"},
                    Case{"as", "a,b c", R"(["a","b c"])"}, Case{"as", "a", R"(["a"])"},
                    Case{"as", "", "[]"}, Case{"as", " [ ] ", "[]"},
                    Case{"as", R"("a,b")", R"(["a,b"])"},
                    Case{"as", R"(["\u00e9\ud83d\ude00\n\/"])", "[\"é😀\\n/\"]"},
                    Case{"as", R"(["\ud83d"])", "error: half a letter in a string"},
                    Case{"as", R"(["\udc00\udc00"])", "error: half a letter in a string"},
                    Case{"as", R"(["\u12"])", "error: \\u needs four hex digits"},
                    Case{"as", R"(["\u0000"])", "error: a text has to be UTF-8 without NUL"},
                    Case{"as", R"(["\x"])", "error: \\x means nothing in a string"},
                    Case{"as", R"(["a)", "error: a quote is missing at the end"},
                    Case{"as", "[a", R"(error: "]" is missing at the end)"},
                    Case{"as", "[a,]", R"(error: a value is expected where "]" stands)"},
                    Case{"as", "a,", "error: a value is missing at the end"},
                    Case{"as", "a]", R"(error: "," is expected where "]" stands)"},
                    Case{"as", "[a] b", R"(error: "b" is left over)"},
                    Case{"aau", "[[1,2],[]]", "[[1,2],[]]"},
                    Case{"aau", "1,2", R"(error: "[" is expected where "1,2" stands)"},
                    Case{"ay", "[1, 0x02]", "[1,2]"}, Case{"ay", "1,2", "[1,2]"},
                    Case{"ay", R"("A\u0000")", "[65,0]"}, Case{"ay", "hex:00fF", "[0,255]"},
                    Case{"ay", "hex:0", R"(error: "0" is no row of pairs of hex digits)"},
                    Case{"aay", R"([hex:00, "A", [1]])", "[[0],[65],[1]]"}));

INSTANTIATE_TEST_SUITE_P(
    Structs, ValueText,
    testing::Values(Case{"(si)", "[a, 5]", R"(["a",5])"}, Case{"(si)", "(a, 5)", R"(["a",5])"},
                    Case{"(si)", "a,5", R"(["a",5])"}, Case{"(s(ii))", "a,[1,2]", R"(["a",[1,2]])"},
                    Case{"(si)", "a", R"(error: "," is missing at the end)"},
                    Case{"(si)", "a,5,6", R"(error: ",6" is left over)"},
                    Case{"(si)", "(a,5]", R"-(error: ")" is expected where "]" stands)-"},
                    Case{"a(si)", "[[a,5],(b,6)]", R"([["a",5],["b",6]])"}));

INSTANTIATE_TEST_SUITE_P(
    Dictionaries, ValueText,
    testing::Values(Case{"a{su}", R"({"one": 1, "two": 2})", R"({"one":1,"two":2})"},
                    Case{"a{su}", "{one: 1, two=2}", R"({"one":1,"two":2})"},
                    Case{"a{su}", "one=1,two=2", R"({"one":1,"two":2})"}, Case{"a{su}", "", "{}"},
                    Case{"a{su}", "{}", "{}"}, Case{"a{us}", R"({"1": a})", R"({"1":"a"})"},
                    Case{"a{os}", "/a=b", R"({"/a":"b"})"},
                    Case{"a{ss}", "a=b=c", R"({"a":"b=c"})"},
                    Case{"a{ss}", "a", R"(error: ":" is missing at the end)"},
                    Case{"a{ss}", "[a,b]", R"(error: a value is expected where "[a,b]" stands)"},
                    Case{"a{sa{sv}}", "{x: {y: 5}}", R"({"x":{"y":{"type":"i","data":5}}})"}));

INSTANTIATE_TEST_SUITE_P(
    Variants, ValueText,
    testing::Values(Case{"v", "u:5", R"({"type":"u","data":5})"},
                    Case{"v", "s:a, b", R"({"type":"s","data":"a, b"})"},
                    Case{"v", "as:a,b", R"({"type":"as","data":["a","b"]})"},
                    Case{"v", "a{sv}:{a: u:5}",
                         R"({"type":"a{sv}","data":{"a":{"type":"u","data":5}}})"},
                    Case{"v", "v:5", R"({"type":"v","data":{"type":"i","data":5}})"},
                    Case{"v", R"({"type": "u", "data": 5})", R"({"type":"u","data":5})"},
                    Case{"v", R"({"type": "zz", "data": 5})",
                         R"({"type":"a{sv}","data":{"type":{"type":"s","data":"zz"},)"
                         R"("data":{"type":"i","data":5}}})"},
                    Case{"v", "u:x", R"(error: "x" is no whole number from 0 to 4294967295)"}));

INSTANTIATE_TEST_SUITE_P(
    Guesses, ValueText,
    testing::Values(
        Case{"v", "5", R"({"type":"i","data":5})"},
        Case{"v", "-3000000000", R"({"type":"x","data":-3000000000})"},
        Case{"v", "18446744073709551615", R"({"type":"t","data":18446744073709551615})"},
        Case{"v", "1.5", R"({"type":"d","data":1.5})"},
        Case{"v", "true", R"({"type":"b","data":true})"},
        Case{"v", "yes", R"({"type":"s","data":"yes"})"},
        Case{"v", "nan", R"({"type":"s","data":"nan"})"},
        Case{"v", "https://example.org/a,b", R"({"type":"s","data":"https://example.org/a,b"})"},
        Case{"v", R"("5")", R"({"type":"s","data":"5"})"},
        Case{"v", "", R"({"type":"s","data":""})"},
        Case{"v", "[1,2]", R"({"type":"ai","data":[1,2]})"},
        Case{"v", "[a,b]", R"({"type":"as","data":["a","b"]})"},
        Case{"v", "[1,a]",
             R"({"type":"av","data":[{"type":"i","data":1},{"type":"s","data":"a"}]})"},
        Case{"v", "[]", R"({"type":"av","data":[]})"},
        Case{"v", "[[1],[2]]", R"({"type":"aai","data":[[1],[2]]})"},
        Case{"v", "[u:1,u:2]",
             R"({"type":"av","data":[{"type":"u","data":1},{"type":"u","data":2}]})"},
        Case{"v", "(1,a)", R"-({"type":"(is)","data":[1,"a"]})-"},
        Case{"v", "()", "error: its type cannot be guessed; write TYPE:VALUE"},
        Case{"v", R"({a: "}", b: {}})",
             R"({"type":"a{sv}","data":{"a":{"type":"s","data":"}"},)"
             R"("b":{"type":"a{sv}","data":{}}}})"},
        Case{"av", "1,a", R"([{"type":"i","data":1},{"type":"s","data":"a"}])"}));

TEST(ValueText, ThatNestsWithoutEndIsRefused) {
  const std::string text(100'000, '[');

  EXPECT_EQ(outcome("v", text), "error: it nests too deeply");
  EXPECT_EQ(outcome("av", text), "error: it nests too deeply");
}

TEST(NamedDescriptors, AreFilesAndDescriptorsOfThisProcess) {
  EXPECT_TRUE(open_named_fd("@/dev/null"));
  EXPECT_TRUE(open_named_fd("fd:0"));
  EXPECT_EQ(open_named_fd("@/nonexistent").error(),
            "cannot open /nonexistent: No such file or directory");
  EXPECT_EQ(open_named_fd("fd:100000").error(), "descriptor 100000: Bad file descriptor");
  for (const char* const text : {"", "0", "fd:", "fd:-1", "fd:x"}) {
    EXPECT_TRUE(open_named_fd(text).error().ends_with("write @PATH or fd:NUMBER")) << text;
  }
}

}  // namespace
}  // namespace headway::tool
