// SPDX-License-Identifier: MIT
#include "authority/options.h"

#include <gmock/gmock.h>

#include "authority/action_catalog.h"

namespace headway::authority {
namespace {

using ::testing::ElementsAre;

std::expected<Options, std::string> parse(std::vector<const char*> words) {
  return parse_options(words);
}

TEST(AuthorityOptions, WithoutAnyItRunsOnTheSystemBusWithTheMachinesFiles) {
  const auto options = parse({});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->action, Options::Action::run);
  EXPECT_EQ(options->address, "");
  EXPECT_EQ(options->user, "");
  EXPECT_EQ(options->actions, standard_action_directories());
  EXPECT_FALSE(options->replaces);
}

TEST(AuthorityOptions, ValuesStandInTheWordOrBehindIt) {
  const auto options = parse({"--actions=/a", "--actions", "/b", "--rules", "/c=d", "-r",
                              "--user=u", "--address", "unix:path=/x"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_THAT(options->actions, ElementsAre("/a", "/b"));
  EXPECT_THAT(options->rules, ElementsAre("/c=d"));
  EXPECT_EQ(options->user, "u");
  EXPECT_EQ(options->address, "unix:path=/x");
  EXPECT_TRUE(options->replaces);
}

TEST(AuthorityOptions, WhatIsNoneIsRefused) {
  for (const std::vector<const char*>& words :
       {std::vector{"--no-such"}, {"x"}, {""}, {"--user"}, {"--user="}, {"--replace=1"}, {"-x"}}) {
    EXPECT_FALSE(parse_options(words)) << words.front();
  }
}

}  // namespace
}  // namespace headway::authority
