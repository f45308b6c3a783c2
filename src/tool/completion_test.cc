// SPDX-License-Identifier: MIT
#include "tool/completion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace headway::tool {
namespace {

using Words = std::vector<const char*>;

bool has(const std::vector<Candidate>& candidates, std::string_view word) {
  return std::ranges::find(candidates, word, &Candidate::word) != candidates.end();
}

std::vector<WordKind> kinds_of(const Words& words) {
  std::vector<WordKind> kinds;
  for (const VerbWord* const word : wanted_word(words).words) kinds.push_back(word->kind);
  return kinds;
}

std::vector<std::string> words_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> words;
  for (const Candidate& candidate : candidates) words.push_back(candidate.word);
  return words;
}

TEST(Completion, TheFirstWordIsAVerbOrAProgram) {
  const Words words{"mon"};
  const auto candidates = fixed_candidates(wanted_word(words));
  ASSERT_TRUE(candidates);
  EXPECT_TRUE(has(*candidates, "monitor"));
  EXPECT_TRUE(has(*candidates, "dbus-send"));
  EXPECT_EQ(words_of(narrowed(*candidates, "mon")), (std::vector<std::string>{"monitor"}));
}

TEST(Completion, OptionsAreThoseOfTheVerbAndOfAll) {
  const Words words{"monitor", "--"};
  const auto candidates = fixed_candidates(wanted_word(words));
  ASSERT_TRUE(candidates);
  EXPECT_TRUE(has(*candidates, "--count="));
  EXPECT_TRUE(has(*candidates, "--json"));
  EXPECT_FALSE(has(*candidates, "--activatable"));
}

TEST(Completion, AValueBelongsToItsOptionInEitherForm) {
  for (const Words& words : {Words{"monitor", "--type", "si"}, Words{"monitor", "--type=si"}}) {
    const WantedWord wanted = wanted_word(words);
    ASSERT_NE(wanted.option, nullptr);
    EXPECT_EQ(wanted.option->name, "--type");
    EXPECT_EQ(wanted.typed, "si");
    EXPECT_EQ(words_of(narrowed(*fixed_candidates(wanted), wanted.typed)),
              (std::vector<std::string>{"signal"}));
  }
  EXPECT_EQ(wanted_word(Words{"monitor", "-n", ""}).option->kind, WordKind::service);
  EXPECT_EQ(wanted_word(Words{"monitor", "-n", "a.b", ""}).option, nullptr);
}

TEST(Completion, WordsComeInTheirOrderAndOptionalOnesMayBeLeftOut) {
  EXPECT_EQ(kinds_of({"call", ""}), (std::vector{WordKind::service}));
  EXPECT_EQ(kinds_of({"call", "--system", "a", ""}),
            (std::vector{WordKind::path, WordKind::member}));
  EXPECT_EQ(kinds_of({"call", "a", "/p", ""}), (std::vector{WordKind::member}));
  EXPECT_EQ(kinds_of({"call", "a", "M", ""}), (std::vector{WordKind::value}));
  EXPECT_EQ(kinds_of({"get", "a", "P", "Q", ""}), (std::vector{WordKind::property}));
  EXPECT_EQ(kinds_of({"status", "a", ""}), std::vector<WordKind>());
  EXPECT_EQ(wanted_word(Words{"call", "a", "M", ""}).said,
            (std::vector<std::string_view>{"a", "", "M"}));
}

TEST(Completion, OfACommandNothingIsAnOption) {
  const WantedWord wanted = wanted_word(Words{"run", "program", "--"});
  EXPECT_FALSE(wanted.is_option);
  EXPECT_EQ(kinds_of({"run", "program", ""}), (std::vector{WordKind::command}));
}

TEST(Completion, APartIsEnoughIfOnlyOneHasIt) {
  const std::vector<Candidate> names{
      {"org.a.Clock"}, {"org.a.Bell"}, {"net.Clock1"}, {"org.a.Bell"}};
  EXPECT_EQ(words_of(narrowed(names, "org")),
            (std::vector<std::string>{"org.a.Bell", "org.a.Clock"}));
  EXPECT_EQ(words_of(narrowed(names, "Clock1")), (std::vector<std::string>{"net.Clock1"}));
  EXPECT_EQ(words_of(narrowed(names, "Clock")), std::vector<std::string>());
}

TEST(Completion, OfNoVerbThereIsNothing) {
  EXPECT_EQ(wanted_word(Words{"nonsense", ""}).verb, nullptr);
  EXPECT_EQ(wanted_word({}).verb, nullptr);
}

}  // namespace
}  // namespace headway::tool
