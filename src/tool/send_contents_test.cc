// SPDX-License-Identifier: MIT
#include "tool/send_contents.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tool/message_text.h"

namespace headway::tool {
namespace {

/// The message's signature and what dbus-monitor would show of it; or "error: " and the text.
std::string outcome(const std::vector<const char*>& contents) {
  message_builder builder = message_builder::signal("/", "a.b", "C");
  if (const auto done = append_contents(builder, contents); !done) return "error: " + done.error();
  const message what = builder.build();
  std::string text(what.signature());
  text += ' ';
  append_body(text, what);
  return text;
}

struct Case {
  const char* item;
  const char* outcome;
};

class SendContents : public testing::TestWithParam<Case> {};

TEST_P(SendContents, IsWhatTheTextSays) {  // TOOL-012, TOOL-013
  EXPECT_EQ(outcome({GetParam().item}), GetParam().outcome);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, SendContents,
    testing::Values(Case{"string:x:y,z", "s    string \"x:y,z\"\n"},
                    Case{"string:", "s    string \"\"\n"}, Case{":x", "s    string \"x\"\n"},
                    Case{"objpath:/a", "o    object path \"/a\"\n"},
                    Case{"objpath:a", "error: Object path was not valid: 'a'"},
                    Case{"string:\xff", "error: \"\xff\" is not UTF-8"},
                    Case{"boolean:true", "b    boolean true\n"},
                    Case{"boolean:1", "error: Expected \"true\" or \"false\" instead of \"1\""},
                    Case{"x", "error: Data item \"x\" is badly formed"},
                    Case{"signature:s", "error: Unknown type \"signature\""}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, SendContents,
    testing::Values(Case{"int16:-0x10", "n    int16 -16\n"}, Case{"int16:010", "n    int16 8\n"},
                    Case{"int16:70000", "n    int16 4464\n"}, Case{"int16:5x", "n    int16 5\n"},
                    Case{"int16:x", "n    int16 0\n"}, Case{"uint16:-1", "q    uint16 65535\n"},
                    Case{"int32:-7", "i    int32 -7\n"},
                    Case{"uint32:-1", "u    uint32 4294967295\n"},
                    Case{"int64:9223372036854775808", "x    int64 9223372036854775807\n"},
                    Case{"uint64:18446744073709551615", "t    uint64 18446744073709551615\n"},
                    Case{"double:1e3", "d    double 1000\n"}, Case{"double:x", "d    double 0\n"},
                    Case{"byte:257", "y    byte 1\n"}));

INSTANTIATE_TEST_SUITE_P(
    Containers, SendContents,
    testing::Values(
        Case{"array:int32:1,,2,", "ai    array [\n      int32 1\n      int32 2\n   ]\n"},
        Case{"array::a", "as    array [\n      string \"a\"\n   ]\n"},
        Case{"array:boolean:", "ab    array [\n   ]\n"},
        Case{"array:byte:65,66", "ay    array of bytes \"AB\"\n"},
        Case{"array:int32", "error: Data item \"int32\" is badly formed"},
        Case{"array:array:int32:1", "error: Unknown type \"array\""},
        Case{"dict:string:int32:a,1",
             "a{si}    array [\n      dict entry(\n         string \"a\"\n"
             "         int32 1\n      )\n   ]\n"},
        Case{"dict:string:int32:", "a{si}    array [\n   ]\n"},
        Case{"dict:string:int32:a,1,b", "error: Malformed dictionary"},
        Case{"dict:string", "error: Data item \"string\" is badly formed"},
        Case{"dict:variant:string:a,b", "error: Unknown type \"variant\""},
        Case{"variant:string:a,b", "v    variant       string \"a,b\"\n"},
        Case{"variant:boolean:x", "error: Expected \"true\" or \"false\" instead of \"x\""},
        Case{"variant:array:int32:1", "error: Unknown type \"array\""}));

TEST(SendContentsInARow, KeepTheirOrder) {
  EXPECT_EQ(outcome({"int32:1", "array:string:", "string:x"}),
            "iass    int32 1\n   array [\n   ]\n   string \"x\"\n");
}

}  // namespace
}  // namespace headway::tool
