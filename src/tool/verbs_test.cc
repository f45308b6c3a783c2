// SPDX-License-Identifier: MIT
#include "tool/verbs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tool/programs.h"

namespace headway::tool {
namespace {

TEST(Verbs, EachIsFoundAndSaysWhatItIsFor) {
  for (const Verb* const verb : verbs()) {
    EXPECT_EQ(find_verb(verb->name), verb);
    EXPECT_EQ(find_program(verb->name), nullptr) << verb->name;
    EXPECT_FALSE(verb->summary.empty()) << verb->name;
    EXPECT_FALSE(verb->description.empty()) << verb->name;
    EXPECT_FALSE(verb->examples.empty()) << verb->name;
    EXPECT_NE(verb->run, nullptr) << verb->name;
  }
}

TEST(Verbs, NoOptionOfAVerbIsTakenTwice) {
  for (const Verb* const verb : verbs()) {
    std::set<std::string_view> seen;
    for (const auto options : {verb->options, common_options()}) {
      for (const VerbOption& option : options) {
        EXPECT_TRUE(seen.insert(option.name).second) << verb->name << option.name;
        EXPECT_TRUE(option.letter.empty() || seen.insert(option.letter).second)
            << verb->name << option.letter;
        EXPECT_EQ(option.kind == WordKind::choice, !option.choices.empty()) << option.name;
        EXPECT_FALSE(option.summary.empty()) << option.name;
      }
    }
  }
}

TEST(Verbs, HelpNamesEveryOptionWordAndStatus) {
  for (const Verb* const verb : verbs()) {
    const std::string help = help_of(*verb);
    EXPECT_TRUE(help.starts_with("Usage: headway " + std::string(verb->name) + " [OPTION...]"));
    for (const VerbOption& option : verb->options) {
      EXPECT_NE(help.find(option.name), std::string::npos) << option.name;
    }
    for (const VerbWord& word : verb->words) {
      EXPECT_NE(help.find("\n  " + std::string(word.name)), std::string::npos) << word.name;
    }
    EXPECT_NE(help.find("--timeout"), std::string::npos);
    EXPECT_NE(help.find("Exit status:\n  0   done\n"), std::string::npos);
    EXPECT_LE(std::ranges::count(verb->summary, '\n'), 0);
  }
}

TEST(Verbs, AMistypedOneIsGuessed) {
  EXPECT_EQ(similar_verb("lss"), "ls");
  EXPECT_EQ(similar_verb("l"), "ls");
  EXPECT_EQ(similar_verb("something"), "");
  EXPECT_EQ(similar_verb(""), "");
}

}  // namespace
}  // namespace headway::tool
