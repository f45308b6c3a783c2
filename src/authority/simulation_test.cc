// SPDX-License-Identifier: MIT
#include "authority/simulation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace headway::authority {
namespace {

class Simulate : public ::testing::Test {
 protected:
  Simulate() {
    write("actions/a.policy", R"(<policyconfig><action id="org.example.lamp">
  <description>Switch</description><message>Say who you are</message>
  <defaults><allow_any>no</allow_any><allow_inactive>auth_admin</allow_inactive>
  <allow_active>yes</allow_active></defaults></action></policyconfig>)");
    what.action_directories = {root + "/actions"};
    what.rule_directories = {root + "/rules"};
    what.user = "12345";
    what.action = "org.example.lamp";
  }
  ~Simulate() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path where(root + "/" + path);
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where) << text;
  }
  static std::string made() {
    std::string path = std::filesystem::temp_directory_path() / "simulation-XXXXXX";
    return ::mkdtemp(path.data()) == nullptr ? "" : path;
  }

  std::string root = made();
  Simulation what;
};

TEST_F(Simulate, SaysWhatTheDefaultsSayOfWhereOneSits) {
  EXPECT_EQ(simulate(what).decision->verdict, Verdict::yes);
  what.presence = Presence::inactive;
  EXPECT_EQ(simulate(what).decision->verdict, Verdict::auth_admin);
  what.presence = Presence::none;
  const auto refused = simulate(what);
  EXPECT_EQ(refused.decision->verdict, Verdict::no);
  EXPECT_EQ(refused.decision->reason(),
            "no rule says anything, and allow_any of the action org.example.lamp at " + root +
                "/actions/a.policy:1 is no");
}

TEST_F(Simulate, TellsOfEveryRuleThatWasAsked) {
  write("rules/1.rules", "polkit.addRule(function(action, subject) { polkit.log('seen'); });\n");
  write("rules/2.rules", R"(
polkit.addRule(function(action, subject) {
  if (action.lookup("colour") == "red" && subject.isInGroup("painters")) return "no";
});)");
  what.details = {{"colour", "red"}};
  what.groups = {"painters"};
  const auto done = simulate(what);
  ASSERT_TRUE(done.decision);
  EXPECT_EQ(done.decision->verdict, Verdict::no);
  ASSERT_EQ(done.decision->steps.size(), 2u);
  EXPECT_EQ(describe(done.decision->steps[0]),
            "the rule at " + root + "/rules/1.rules:1 says nothing");
  EXPECT_EQ(describe(done.decision->steps[1]), "the rule at " + root + "/rules/2.rules:2 says no");
  ASSERT_EQ(done.remarks.size(), 1u);
  EXPECT_EQ(done.remarks[0].substr(0, 5), "log: ");
  what.groups = {"others"};
  EXPECT_EQ(simulate(what).decision->verdict, Verdict::yes);
}

TEST_F(Simulate, ExecutesNothing) {
  write("rules/1.rules",
        "polkit.addRule(function() { polkit.spawn(['/bin/touch', '" + root + "/made']); });");
  const auto done = simulate(what);
  EXPECT_EQ(done.decision->verdict, Verdict::no);
  EXPECT_FALSE(std::filesystem::exists(root + "/made"));
  EXPECT_FALSE(done.remarks.empty());
}

TEST_F(Simulate, NamesTheLineOfAFileThatIsWrong) {
  write("rules/1.rules", "\npolkit.addRule(function( {});\n");
  const auto done = simulate(what);
  EXPECT_EQ(done.decision->verdict, Verdict::yes);
  ASSERT_EQ(done.remarks.size(), 1u);
  EXPECT_TRUE(done.remarks[0].starts_with(root + "/rules/1.rules:2: ")) << done.remarks[0];
}

TEST_F(Simulate, KnowsNobodyAndNothingThatIsNotThere) {
  what.action = "org.example.other";
  EXPECT_EQ(simulate(what).decision.error(), "Action org.example.other is not registered");
  what.user = "no such user";
  EXPECT_EQ(simulate(what).decision.error(), "there is no user \"no such user\"");
}

TEST_F(Simulate, RootIsAskedAboutOnlyOnRequest) {
  what.user = "0";
  what.presence = Presence::none;
  EXPECT_EQ(simulate(what).decision->verdict, Verdict::yes);
  what.root_too = true;
  EXPECT_EQ(simulate(what).decision->verdict, Verdict::no);
}

}  // namespace
}  // namespace headway::authority
