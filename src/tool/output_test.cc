// SPDX-License-Identifier: MIT
#include "tool/output.h"

#include <gtest/gtest.h>

#include <limits>

namespace headway::tool {
namespace {

TEST(Json, PutsCommasBetweenAndEscapesText) {
  JsonText json;
  json.open_object().member("a", "x\n\"\\\x01\x7f").key("b").open_array().number(-5).number(0.1);
  json.boolean(true).null().open_object().close_object().close_array().member_if("c", "");
  json.member("d", "ü").close_object();

  EXPECT_EQ(json.text(), R"({"a":"x\n\"\\\u0001\u007f","b":[-5,0.1,true,null,{}],"d":"ü"})");
}

TEST(Json, HasTextForNumbersThatItCannotWrite) {
  JsonText json;
  json.open_array().number(std::numeric_limits<double>::infinity());
  json.number(-std::numeric_limits<double>::infinity());
  json.number(-std::numeric_limits<double>::quiet_NaN()).close_array();

  EXPECT_EQ(json.text(), R"(["inf","-inf","nan"])");
}

TEST(Output, PaintsOnlyWithColors) {
  EXPECT_EQ(Output(false, true).paint(Style::strong, "a"), "\033[1ma\033[0m");
  EXPECT_EQ(Output(false, true).paint(Style::plain, "a"), "a");
  EXPECT_EQ(Output(false, false).paint(Style::strong, "a"), "a");
}

TEST(Table, AlignsByLettersAndLeavesNoSpaceAtTheEnd) {
  Table table;
  table.add({{"ä"}, {"1"}, {"x"}});
  table.add({{"bcd"}, {""}, {"y"}});
  table.add({{"e"}, {"2"}, {""}});

  EXPECT_EQ(table.text(Output(false, false)),
            "ä    1  x\n"
            "bcd     y\n"
            "e    2\n");
}

TEST(Table, ColorsDoNotCountAsLetters) {
  Table table;
  table.add({{"a", Style::strong}, {"x"}});
  table.add({{"bc"}, {"y"}});

  EXPECT_EQ(table.text(Output(false, true)), "\033[1ma\033[0m   x\nbc  y\n");
}

TEST(Table, NothingInItSteersATerminal) {
  EXPECT_EQ(visible("a\033[2J\n\t\x7f"), "a\\x1b[2J\\n\\t\\x7f");
}

}  // namespace
}  // namespace headway::tool
