// SPDX-License-Identifier: MIT
#include "launch/exec_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway::launch {
namespace {

using testing::ElementsAre;

std::vector<std::string> split(std::string_view line) {
  const auto words = split_exec_line(line);
  EXPECT_TRUE(words) << line << ": " << words.error();
  return words.value_or(std::vector<std::string>{});
}

std::string error_of(std::string_view line) {
  const auto words = split_exec_line(line);
  EXPECT_FALSE(words) << line;
  return words ? "" : words.error();
}

// ACT-020
TEST(ExecLine, IsSplitAtBlanks) {
  EXPECT_THAT(split("/bin/a"), ElementsAre("/bin/a"));
  EXPECT_THAT(split("  /bin/a \t -b\nc  "), ElementsAre("/bin/a", "-b", "c"));
}

TEST(ExecLine, QuotesKeepAWordTogether) {
  EXPECT_THAT(split(R"(a 'b c' "d e")"), ElementsAre("a", "b c", "d e"));
  EXPECT_THAT(split(R"(a'b c'"d e"f)"), ElementsAre("ab cd ef"));
  EXPECT_THAT(split(R"(a '' "")"), ElementsAre("a", "", ""));
  EXPECT_THAT(split(R"("it's" 'say "x"')"), ElementsAre("it's", "say \"x\""));
}

TEST(ExecLine, ABackslashQuotesAnythingOutsideOfQuotes) {
  EXPECT_THAT(split(R"(a\ b \'c\" \\d \e)"), ElementsAre("a b", "'c\"", "\\d", "e"));
  EXPECT_THAT(split("a\\\nb c\\\n"), ElementsAre("ab", "c"));
}

TEST(ExecLine, ABackslashInDoubleQuotesQuotesOnlyWhatIsSpecialThere) {
  EXPECT_THAT(split(R"("\$\`\"\\" "\a\'\ ")"), ElementsAre("$`\"\\", R"(\a\'\ )"));
  EXPECT_THAT(split("\"a\\\nb\""), ElementsAre("ab"));
}

TEST(ExecLine, ABackslashInSingleQuotesIsLiteral) {
  EXPECT_THAT(split(R"('a\' '\n')"), ElementsAre("a\\", "\\n"));
}

TEST(ExecLine, NothingIsExpanded) {
  EXPECT_THAT(
      split("a $HOME ${X} `id` * ~ | b > c; d & (e)"),
      ElementsAre("a", "$HOME", "${X}", "`id`", "*", "~", "|", "b", ">", "c;", "d", "&", "(e)"));
}

TEST(ExecLine, AWordThatBeginsWithAHashIsAComment) {
  EXPECT_THAT(split("a b#c '#d' #e \"f\n g"), ElementsAre("a", "b#c", "#d", "g"));
}

// ACT-020
TEST(ExecLine, QuotesMustBeClosed) {
  for (const char* line : {"a 'b", "a \"b", "a \"b\\\"", "\"", "'", "a '\"'\""}) {
    EXPECT_EQ(error_of(line), "Unclosed quotes in command line") << line;
  }
}

TEST(ExecLine, MustNameAProgram) {
  for (const char* line : {"", "  \n", "# a"}) EXPECT_EQ(error_of(line), "Command line is empty");
  EXPECT_EQ(error_of("a\\"), "Command line ends in a backslash");
  EXPECT_EQ(error_of(std::string_view("a 'b\0'", 6)), "Command line contains a zero byte");
}

}  // namespace
}  // namespace headway::launch
