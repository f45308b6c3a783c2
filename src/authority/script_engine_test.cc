// SPDX-License-Identifier: MIT
#include "authority/script_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace headway::authority {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t memory_max = 16 << 20;

class Host final : public ScriptHost {
 public:
  void log(std::string_view text) override { logged.emplace_back(text); }
  Output spawn(const std::vector<std::string>& arguments) override {
    spawned.push_back(arguments);
    return output;
  }
  bool is_in_netgroup(std::string_view user, std::string_view netgroup) override {
    return user == "alice" && netgroup == "staff";
  }
  void asking(std::uint32_t rule) override { asked.push_back(rule); }
  [[noreturn]] void exhausted() override { std::_Exit(77); }

  std::vector<std::string> logged;
  std::vector<std::vector<std::string>> spawned;
  std::vector<std::uint32_t> asked;
  Output output;
};

RuleQuery query() {
  return {.action_id = "org.example.do",
          .details = {{"machine", ".host"}, {"id", "x"}, {"lookup", "y"}},
          .subject = {.pid = 42,
                      .uid = 1000,
                      .user = "alice",
                      .groups = {"alice", "audio", "1234"},
                      .seat = "seat0",
                      .local = true}};
}

class ScriptEngineTest : public testing::Test {
 protected:
  void load(std::string_view text) {
    const auto problem = engine.load("/rules/10-a.rules", text);
    EXPECT_FALSE(problem) << problem->text;
  }
  ScriptEngine::Decision decide(std::string_view body) {
    load("polkit.addRule(function(action, subject) {" + std::string(body) + "});");
    return engine.decide(query());
  }
  Host host;
  ScriptEngine engine{host, memory_max};
};

TEST_F(ScriptEngineTest, WithoutRulesNothingIsHandled) {
  EXPECT_EQ(engine.decide(query()).verdict, Verdict::not_handled);
  EXPECT_EQ(engine.decide(query()).asked, 0u);
}

TEST_F(ScriptEngineTest, TheFirstOpinionCounts) {
  load(
      "polkit.addRule(function() {});\n"
      "polkit.addRule(function() { return polkit.Result.NOT_HANDLED; });\n"
      "polkit.addRule(function() { return polkit.Result.AUTH_ADMIN; });\n"
      "polkit.addRule(function() { return polkit.Result.YES; });\n");
  const auto decision = engine.decide(query());
  EXPECT_EQ(decision.verdict, Verdict::auth_admin);
  EXPECT_EQ(decision.asked, 3u);
  EXPECT_THAT(host.asked, ElementsAre(0u, 1u, 2u));
}

TEST_F(ScriptEngineTest, ARuleStandsWhereItWasAdded) {
  load(
      "var add = function(rule) {\n  polkit.addRule(rule);\n};\n\n"
      "polkit.addRule(function() {\n  return null; });\nadd(function() {});\n"
      "[function() {}].forEach(polkit.addRule);\npolkit.addAdminRule(function() {});");
  std::vector<std::uint32_t> lines;
  for (const RulePlace& place : engine.rules()) {
    EXPECT_EQ(place.file, "/rules/10-a.rules");
    lines.push_back(place.line);
  }
  EXPECT_THAT(lines, ElementsAre(5u, 2u, 8u));
  ASSERT_EQ(engine.admin_rules().size(), 1u);
  EXPECT_EQ(engine.admin_rules()[0].line, 9u);
}

TEST_F(ScriptEngineTest, WhatIsFalsyHandlesNothing) {
  for (const char* value : {"undefined", "null", "false", "0", "NaN", "''"}) {
    EXPECT_EQ(decide("return " + std::string(value)).verdict, Verdict::not_handled) << value;
  }
}

TEST_F(ScriptEngineTest, WhatMeansNothingIsRefusedWithAReason) {
  for (const char* value : {"'YES'", "'bogus'", "' yes'", "true", "1", "['yes']", "{}",
                            "function() { return 'yes'; }", "new String('yes')", "Infinity"}) {
    Host own_host;
    ScriptEngine own(own_host, memory_max);
    ASSERT_FALSE(own.load("f", "polkit.addRule(function() { return " + std::string(value) +
                                   "});"
                                   "polkit.addRule(function() { return 'yes'; });"));
    const auto decision = own.decide(query());
    EXPECT_EQ(decision.verdict, Verdict::no) << value;
    EXPECT_THAT(decision.error, HasSubstr("the rule returned")) << value;
    EXPECT_EQ(decision.asked, 1u);
  }
}

TEST_F(ScriptEngineTest, AnExceptionRefusesAndTellsWhere) {
  load(
      "polkit.addRule(function() {\n  nothing.there();\n});\n"
      "polkit.addRule(function() { return 'yes'; });");
  const auto decision = engine.decide(query());
  EXPECT_EQ(decision.verdict, Verdict::no);
  EXPECT_EQ(decision.asked, 1u);
  EXPECT_THAT(decision.error, HasSubstr("/rules/10-a.rules:2: ReferenceError"));
}

TEST_F(ScriptEngineTest, WhateverIsThrownRefuses) {
  for (const char* thrown : {"null", "undefined", "'yes'", "{ toString: function() { throw 1; } }",
                             "[]", "polkit", "Object.create(null)", "new Error('x')"}) {
    Host own_host;
    ScriptEngine own(own_host, memory_max);
    ASSERT_FALSE(own.load("f", "polkit.addRule(function() { throw " + std::string(thrown) + "});"));
    const auto decision = own.decide(query());
    EXPECT_EQ(decision.verdict, Verdict::no) << thrown;
    EXPECT_FALSE(decision.error.empty()) << thrown;
  }
}

TEST_F(ScriptEngineTest, WhatIsNoFunctionRefuses) {
  load("polkit.addRule('yes');");
  EXPECT_EQ(engine.decide(query()).verdict, Verdict::no);
}

TEST_F(ScriptEngineTest, ActionsHaveAnIdAndDetails) {
  EXPECT_EQ(decide("if (action.id !== 'org.example.do') return 'no';"
                   "if (action.lookup('machine') !== '.host') return 'no';"
                   "if (action.lookup('id') !== 'x') return 'no';"
                   "if (action.lookup('lookup') !== 'y') return 'no';"
                   "if (action.lookup('other') !== undefined) return 'no';"
                   "if (action.lookup('toString') !== undefined) return 'no';"
                   "if (String(action) !== \"[Action id='org.example.do' machine='.host' id='x'"
                   " lookup='y']\") return 'no';"
                   "return 'yes';")
                .verdict,
            Verdict::yes);
}

TEST_F(ScriptEngineTest, SubjectsHaveTheirFields) {
  EXPECT_EQ(decide("if (subject.pid !== 42 || subject.uid !== 1000) return 'no';"
                   "if (subject.user !== 'alice') return 'no';"
                   "if (!Array.isArray(subject.groups)) return 'no';"
                   "if (subject.groups.join() !== 'alice,audio,1234') return 'no';"
                   "if (subject.seat !== 'seat0' || subject.session !== null) return 'no';"
                   "if (subject.local !== true || subject.active !== false) return 'no';"
                   "if (!subject.isInGroup('audio') || subject.isInGroup('root')) return 'no';"
                   "if (!subject.isInNetGroup('staff')) return 'no';"
                   "if (subject.isInNetGroup('other')) return 'no';"
                   "if (subject.system_unit !== null) return 'no';"
                   "if (subject.no_new_privileges !== undefined) return 'no';"
                   "return 'yes';")
                .verdict,
            Verdict::yes);
}

TEST_F(ScriptEngineTest, NoNewPrivilegesIsKnownBesideAUnitOnly) {
  load(
      "polkit.addRule(function(action, subject) {"
      "  if (subject.system_unit === 'a.service' && subject.no_new_privileges === true)"
      "    return 'yes'; });");
  RuleQuery with_unit = query();
  with_unit.subject.system_unit = "a.service";
  with_unit.subject.no_new_privs = true;
  EXPECT_EQ(engine.decide(with_unit).verdict, Verdict::yes);
  with_unit.subject.system_unit.reset();
  EXPECT_EQ(engine.decide(with_unit).verdict, Verdict::not_handled);
}

TEST_F(ScriptEngineTest, NothingBesideTheLanguageIsThere) {
  EXPECT_EQ(decide("var names = ['Duktape', 'CBOR', 'print', 'alert', 'require', 'load',"
                   " 'process', 'performance', 'TextDecoder', 'Action', 'Subject'];"
                   "for (var i in names)"
                   "  if (typeof this[names[i]] !== 'undefined') throw names[i];"
                   "return 'yes';")
                .error,
            "");
}

TEST_F(ScriptEngineTest, LogTakesTextsOnly) {
  EXPECT_EQ(decide("polkit.log('hello'); return 'yes';").verdict, Verdict::yes);
  EXPECT_THAT(host.logged, ElementsAre("hello"));
  Host own_host;
  ScriptEngine own(own_host, memory_max);
  ASSERT_FALSE(own.load("f", "polkit.addRule(function() { polkit.log(1); return 'yes'; });"));
  EXPECT_EQ(own.decide(query()).verdict, Verdict::no);
}

TEST_F(ScriptEngineTest, SpawnReturnsWhatTheProgramWrote) {
  host.output = {.succeeded = true, .text = "out\n"};
  EXPECT_EQ(
      decide("return polkit.spawn(['/bin/x', 'a b', 'c']) === 'out\\n' ? 'yes' : 'no';").verdict,
      Verdict::yes);
  EXPECT_THAT(host.spawned, ElementsAre(ElementsAre("/bin/x", "a b", "c")));
}

TEST_F(ScriptEngineTest, SpawnThrowsWhenTheProgramFails) {
  host.output = {.succeeded = false, .text = "exited with 3"};
  const auto decision = decide(
      "try { polkit.spawn(['x']); } catch (e) {"
      "  return String(e).indexOf('exited with 3') > 0 ? 'yes' : 'no'; }");
  EXPECT_EQ(decision.verdict, Verdict::yes);
}

TEST_F(ScriptEngineTest, SpawnTakesAnArrayOfWordsOnly) {
  host.output = {.succeeded = true, .text = ""};
  for (const char* argument : {"", "'x'", "[]", "{}", "null", "['a\\u0000b']", "new Array(257)"}) {
    Host own_host;
    ScriptEngine own(own_host, memory_max);
    ASSERT_FALSE(own.load("f", "polkit.addRule(function() { polkit.spawn(" + std::string(argument) +
                                   "); return 'yes'; });"));
    EXPECT_EQ(own.decide(query()).verdict, Verdict::no) << argument;
    EXPECT_TRUE(own_host.spawned.empty());
  }
}

TEST_F(ScriptEngineTest, AFileThatDoesNotParseIsNamedWithItsLine) {
  const auto problem = engine.load("b.rules", "polkit.addRule(function() {\n  return 'yes'\n;\n");
  ASSERT_TRUE(problem);
  EXPECT_THAT(problem->text, HasSubstr("SyntaxError"));
  EXPECT_EQ(problem->line, 4u);
  EXPECT_TRUE(engine.rules().empty());
}

TEST_F(ScriptEngineTest, WhatAFileHasAddedBeforeItThrowsStays) {
  const auto problem = engine.load("b.rules",
                                   "polkit.addRule(function() { return 'yes'; });\n"
                                   "throw new Error('enough');\n");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->line, 2u);
  EXPECT_EQ(engine.decide(query()).verdict, Verdict::yes);
}

TEST_F(ScriptEngineTest, RulesAreAddedOnlyWhileFilesAreLoaded) {
  EXPECT_EQ(decide("polkit.addRule(function() { return 'yes'; });").verdict, Verdict::no);
  EXPECT_EQ(engine.rules().size(), 1u);
}

TEST_F(ScriptEngineTest, AByteOrderMarkAndCarriageReturnsAreNoMatter) {
  load("\xEF\xBB\xBFpolkit.addRule(function() {\r\n  return 'yes';\r\n});\r\n");
  EXPECT_EQ(engine.decide(query()).verdict, Verdict::yes);
}

/// A text of 64 KiB.
constexpr const char* block = "var block = 'x'; while (block.length < 65536) block += block;";

TEST_F(ScriptEngineTest, EndlessAllocationRefuses) {
  const auto decision = decide(std::string(block) +
                               "var all = []; while (true) {"
                               " all.push(block + all.length); }");
  EXPECT_EQ(decision.verdict, Verdict::no);
  EXPECT_THAT(decision.error, HasSubstr("alloc"));
}

TEST_F(ScriptEngineTest, AllocationThatDoesNotTakeNoForAnAnswerIsTheEnd) {
  EXPECT_EXIT(static_cast<void>(decide(std::string(block) +
                                       "var all = []; while (true) {"
                                       " try { all.push(block + all.length); } catch (e) {} }")),
              testing::ExitedWithCode(77), "");
}

TEST_F(ScriptEngineTest, OneThingTooLargeRefusesAndLeavesTheEngineUsable) {
  const auto decision = decide(
      "if (subject.user !== 'alice') return 'yes';"
      "var text = 'x'; while (true) text += text;");
  EXPECT_EQ(decision.verdict, Verdict::no);
  EXPECT_THAT(decision.error, HasSubstr("alloc"));
  RuleQuery other = query();
  other.subject.user = "bob";
  EXPECT_EQ(engine.decide(other).verdict, Verdict::yes);
  EXPECT_FALSE(engine.is_crowded());
}

TEST_F(ScriptEngineTest, WhatScriptsKeepIsNoticed) {
  EXPECT_EQ(decide(std::string(block) + "this.kept = []; while (kept.length < 150) {"
                                        " kept.push(block + kept.length); } return 'yes';")
                .verdict,
            Verdict::yes);
  EXPECT_TRUE(engine.is_crowded());
}

TEST_F(ScriptEngineTest, EndlessRecursionRefuses) {
  const auto decision = decide("function deeper() { return deeper() + 1; } return deeper();");
  EXPECT_EQ(decision.verdict, Verdict::no);
  EXPECT_THAT(decision.error, HasSubstr("RangeError"));
}

TEST_F(ScriptEngineTest, AdminRulesNameIdentities) {
  load(
      "polkit.addAdminRule(function() { return null; });"
      "polkit.addAdminRule(function() { return ['unix-user:alice', 'unix-group:wheel']; });");
  const auto admins = engine.admins(query());
  EXPECT_THAT(admins.identities, ElementsAre("unix-user:alice", "unix-group:wheel"));
  EXPECT_EQ(admins.asked, 2u);
  EXPECT_TRUE(admins.decided);
}

TEST_F(ScriptEngineTest, AdminRulesThatNameNobodyGiveNobody) {
  for (const char* value :
       {"'unix-user:alice'", "1", "{}", "nothing.there", "true", "new Array(70000)"}) {
    Host own_host;
    ScriptEngine own(own_host, memory_max);
    ASSERT_FALSE(
        own.load("f", "polkit.addAdminRule(function() { return " + std::string(value) + "; });"));
    const auto admins = own.admins(query());
    EXPECT_TRUE(admins.identities.empty()) << value;
    EXPECT_FALSE(admins.error.empty()) << value;
  }
}

TEST_F(ScriptEngineTest, RulesCannotConfuseEachOtherByWhatTheyChange) {
  load("polkit.Result.NO = 'yes'; Array.prototype.push = null; Object.prototype.id = 1;");
  EXPECT_EQ(decide("return action.id === 'org.example.do' ? polkit.Result.YES : 'no';").verdict,
            Verdict::yes);
}

}  // namespace
}  // namespace headway::authority
