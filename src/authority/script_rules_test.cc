// SPDX-License-Identifier: MIT
#include "authority/script_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "sandbox/confine.h"

namespace headway::authority {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RuleQuery query(const std::string& user = "alice") {
  return {.action_id = "org.example.do",
          .details = {{"machine", ".host"}},
          .subject = {.pid = 42, .uid = 1000, .user = user, .groups = {user}}};
}

class ScriptRulesTest : public testing::Test {
 protected:
  ScriptRulesTest() {
    std::string pattern = testing::TempDir() + "/rulesXXXXXX";
    directory = ::mkdtemp(pattern.data());
    options.program = HEADWAY_RULES_WORKER;
    options.directories = {directory};
    options.log = [this](std::string_view text) { logged.emplace_back(text); };
    options.changed = [this] { ++changes; };
  }
  ~ScriptRulesTest() override { std::filesystem::remove_all(directory); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name) << text;
  }
  /// A file with this rule in its first line.
  void rule(const std::string& name, const std::string& body) const {
    write(name, "polkit.addRule(function(action, subject) { " + body + " });\n");
  }
  void start() { rules = std::make_unique<ScriptRules>(loop, options); }

  template <class Condition>
  void until(Condition condition) {
    while (!condition()) loop.turn();
  }
  RuleAnswer ask(const RuleQuery& about = query()) {
    std::optional<RuleAnswer> answer;
    rules->ask(about, [&](RuleAnswer given) { answer = std::move(given); });
    EXPECT_FALSE(answer) << "was called from inside ask()";
    until([&] { return answer.has_value(); });
    return *answer;
  }
  AdminsAnswer admins() {
    std::optional<AdminsAnswer> answer;
    rules->admins(query(), [&](AdminsAnswer given) { answer = std::move(given); });
    until([&] { return answer.has_value(); });
    return *answer;
  }
  /// Of `count` questions of users "0" and so on, in the order of their answers.
  std::vector<Verdict> ask_many(std::size_t count) {
    std::vector<Verdict> verdicts;
    for (std::size_t i = 0; i < count; ++i) {
      rules->ask(query(std::to_string(i)),
                 [&](const RuleAnswer& answer) { verdicts.push_back(answer.verdict); });
    }
    until([&] { return verdicts.size() == count; });
    return verdicts;
  }
  static std::vector<pid_t> children() {
    std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
    return pids;
  }

  std::filesystem::path directory;
  std::vector<std::string> logged;
  int changes = 0;
  event_loop loop;
  ScriptRules::Options options;
  std::unique_ptr<ScriptRules> rules;
};

TEST_F(ScriptRulesTest, WithoutRulesNothingIsHandled) {
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::not_handled);
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.decided_by(), nullptr);
  EXPECT_THAT(admins().identities, ElementsAre("unix-user:0"));
}

TEST_F(ScriptRulesTest, AnAnswerNamesTheRulesThatWereAsked) {
  rule("10-a.rules", "");
  rule("20-b.rules", "if (subject.user === 'alice') return 'auth_self';");
  rule("30-c.rules", "return 'yes';");
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::auth_self);
  const RulePlace first{.file = directory / "10-a.rules", .line = 1};
  const RulePlace second{.file = directory / "20-b.rules", .line = 1};
  EXPECT_THAT(answer.asked.in_order(), ElementsAre(first, second));
  ASSERT_NE(answer.decided_by(), nullptr);
  EXPECT_EQ(*answer.decided_by(), second);
  EXPECT_EQ(ask(query("bob")).verdict, Verdict::yes);
}

TEST_F(ScriptRulesTest, AdministratorsAreThoseThatCanBe) {
  write("a.rules",
        "polkit.addAdminRule(function(action, subject) {"
        "  return subject.user === 'alice' ?"
        "    ['unix-group:wheel', 'nonsense', 'unix-user:', 'unix-user:bob'] : null; });");
  start();
  const AdminsAnswer answer = admins();
  EXPECT_THAT(answer.identities, ElementsAre("unix-group:wheel", "unix-user:bob"));
  EXPECT_TRUE(answer.decided);
  EXPECT_EQ(answer.asked.count, 1u);
}

TEST_F(ScriptRulesTest, ManyQuestionsAreAnsweredInOrder) {
  rule("a.rules", "return Number(subject.user) % 3 === 0 ? 'yes' : null;");
  start();
  const auto verdicts = ask_many(1000);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    EXPECT_EQ(verdicts[i], i % 3 == 0 ? Verdict::yes : Verdict::not_handled) << i;
  }
}

TEST_F(ScriptRulesTest, MoreQuestionsThanThereIsRoomForAreRefused) {
  rule("a.rules", "return 'yes';");
  start();
  const std::size_t count = ScriptRules::questions_max + 10;  // before anything is loaded
  EXPECT_EQ(std::ranges::count(ask_many(count), Verdict::no), 10);
}

TEST_F(ScriptRulesTest, AFileThatDoesNotParseIsNamedAndTheOthersCount) {
  write("10-bad.rules", "polkit.addRule(function() {\n\n  return return;\n});\n");
  rule("20-good.rules", "return 'no';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::no);
  EXPECT_THAT(logged, Contains(HasSubstr("10-bad.rules:3: SyntaxError")));
}

TEST_F(ScriptRulesTest, AnExceptionRefusesAndIsTold) {
  rule("10-a.rules", "throw new Error('enough');");
  rule("20-b.rules", "return 'yes';");
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::no);
  EXPECT_THAT(answer.error, HasSubstr("10-a.rules:1: Error: enough"));
  EXPECT_THAT(logged, Contains(answer.error));
}

TEST_F(ScriptRulesTest, ARunawayIsStoppedAndOthersAreAnswered) {
  options.limits.computing = 300ms;
  rule("10-a.rules", "");
  rule("20-b.rules", "while (subject.user === '3') {} return 'yes';");
  start();
  std::vector<RuleAnswer> answers(8);
  std::size_t given = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    rules->ask(query(std::to_string(i)), [&, i](RuleAnswer answer) {
      answers[i] = std::move(answer);
      ++given;
    });
  }
  until([&] { return given == answers.size(); });
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].verdict, i == 3 ? Verdict::no : Verdict::yes) << i;
  }
  EXPECT_THAT(answers[3].error, HasSubstr("20-b.rules:1: the rule computed for more than 0.3 s"));
  ASSERT_NE(answers[3].decided_by(), nullptr);
  EXPECT_EQ(answers[3].decided_by()->file, directory / "20-b.rules");
  EXPECT_EQ(ask().verdict, Verdict::yes);
}

TEST_F(ScriptRulesTest, ExponentialRegularExpressionsAreStopped) {
  options.limits.computing = 300ms;
  rule("a.rules",
       "return /^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')"
       " ? 'yes' : 'yes';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::no);
}

TEST_F(ScriptRulesTest, AnAdminRuleThatRunsAwayLeavesRoot) {
  options.limits.computing = 300ms;
  write("a.rules", "polkit.addAdminRule(function() { while (true) {} });");
  start();
  const AdminsAnswer answer = admins();
  EXPECT_THAT(answer.identities, ElementsAre("unix-user:0"));
  EXPECT_THAT(answer.error, HasSubstr("a.rules:1: the rule computed"));
}

TEST_F(ScriptRulesTest, EndlessAllocationRefusesAndOthersAreAnswered) {
  rule("a.rules",
       "if (subject.user !== '1') return 'yes';"
       "var block = 'x'; while (block.length < 65536) block += block;"
       "var all = []; while (true) { try { all.push(block + all.length); }"
       " catch (e) {} }");
  start();
  EXPECT_THAT(ask_many(3), testing::UnorderedElementsAre(Verdict::yes, Verdict::no, Verdict::yes));
  EXPECT_THAT(logged, Contains(HasSubstr("a.rules:1: the rule wanted more than")));
}

TEST_F(ScriptRulesTest, EndlessRecursionRefuses) {
  rule("a.rules", "function deeper() { return deeper() + 1; } return deeper();");
  start();
  EXPECT_EQ(ask().verdict, Verdict::no);
  EXPECT_EQ(ask().verdict, Verdict::no);
}

TEST_F(ScriptRulesTest, HugeTextsInErrorsAreCut) {
  rule("a.rules", "var text = 'x'; while (text.length < 4000000) text += text; throw text;");
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::no);
  EXPECT_LE(answer.error.size(), 8192u);
}

TEST_F(ScriptRulesTest, WhatIsLoggedHasABound) {
  rule("a.rules",
       "var text = 'x'; while (text.length < 1000000) text += text;"
       "for (var i = 0; i < 1000; ++i) polkit.log(text); return 'yes';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::yes);
  EXPECT_LE(logged.size(), 110u);
  EXPECT_GE(logged.size(), 100u);
  for (const std::string& text : logged) EXPECT_LE(text.size(), 8192u);
}

TEST_F(ScriptRulesTest, AFileThatRunsAwayIsLeftOutAndTheOthersCount) {
  options.limits.computing = 300ms;
  rule("10-a.rules", "");
  write("20-b.rules", "polkit.addRule(function() { return 'no'; }); while (true) {}");
  rule("30-c.rules", "return 'yes';");
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::yes);
  EXPECT_THAT(logged, Contains(HasSubstr("20-b.rules: computed for more than 0.3 s, so")));
  EXPECT_EQ(answer.decided_by()->file, directory / "30-c.rules");
}

TEST_F(ScriptRulesTest, AWorkerThatIsKilledIsReplaced) {
  rule("a.rules", "return 'yes';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::yes);
  ASSERT_EQ(children().size(), 1u);
  ::kill(children()[0], SIGKILL);
  // Asked before or after that was noticed: never yes by accident, and yes in the end.
  until([&] { return ask().verdict == Verdict::yes; });
}

TEST_F(ScriptRulesTest, WithoutAProgramThatRunsThemRulesRefuse) {
  options.program = "/nowhere/headway-rules-worker";
  rule("a.rules", "return 'yes';");
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::no);
  EXPECT_THAT(answer.error, HasSubstr("the rules cannot be asked"));
  EXPECT_THAT(admins().identities, ElementsAre("unix-user:0"));
}

TEST_F(ScriptRulesTest, NewRulesCountWithoutBeingAsked) {
  rule("a.rules", "return 'no';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::no);
  EXPECT_EQ(changes, 0);
  rule("a.rules", "return 'yes';");
  until([&] { return changes == 1; });
  EXPECT_EQ(ask().verdict, Verdict::yes);
  std::filesystem::remove(directory / "a.rules");
  until([&] { return changes == 2; });
  EXPECT_EQ(ask().verdict, Verdict::not_handled);
}

TEST_F(ScriptRulesTest, WhatWasUnderWayWhenRulesChangedIsAnswered) {
  rule("a.rules", "polkit.spawn(['sleep', '0.3']); return 'yes';");
  start();
  std::optional<RuleAnswer> answer;
  rules->ask(query(), [&](RuleAnswer given) { answer = std::move(given); });
  until([&] { return children().size() >= 2; });  // the worker, and sleep
  rule("a.rules", "return 'no';");
  rules->reload();
  EXPECT_EQ(ask().verdict, Verdict::no);
  until([&] { return answer.has_value(); });
  EXPECT_EQ(answer->verdict, Verdict::yes);
}

TEST_F(ScriptRulesTest, TheProcessIsLockedUp) {
  start();
  EXPECT_EQ(ask().verdict, Verdict::not_handled);
  ASSERT_EQ(children().size(), 1u);
  const std::filesystem::path process = "/proc/" + std::to_string(children()[0]);
  std::stringstream status;
  status << std::ifstream(process / "status").rdbuf();
  EXPECT_THAT(status.str(), HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status.str(), HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(status.str(), HasSubstr("CapEff:\t0000000000000000"));
  std::vector<std::string> descriptors;
  for (const auto& entry : std::filesystem::directory_iterator(process / "fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path());
    descriptors.push_back(target.substr(0, target.find(':')));
  }
  if (!sandbox::is_sanitized()) {
    EXPECT_THAT(descriptors, testing::UnorderedElementsAre("socket", "/dev/null"));
  }
}

// What rules start

TEST_F(ScriptRulesTest, SpawnGivesWhatAProgramWrites) {
  rule("a.rules",
       "return polkit.spawn(['sh', '-c', 'echo \"$1\"; cat', 'x', 'a b'])"
       " === 'a b\\n' ? 'yes' : 'no';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::yes);
}

TEST_F(ScriptRulesTest, SpawnThrowsWhenAProgramFails) {
  for (const auto& [words, error] : std::vector<std::pair<std::string, std::string>>{
           {"'sh', '-c', 'echo yes; exit 3'", "exited with status 3"},
           {"'sh', '-c', 'kill -9 $$'", "killed by signal 9"},
           {"'/nowhere/program'", "exited with status 127"},
           {"'head', '-c', '1000000', '/dev/zero'", "wrote more than"}}) {
    rule("a.rules", "polkit.spawn([" + words + "]); return 'yes';");
    start();
    const RuleAnswer answer = ask();
    EXPECT_EQ(answer.verdict, Verdict::no) << words;
    EXPECT_THAT(answer.error, HasSubstr(error)) << words;
  }
}

TEST_F(ScriptRulesTest, AProgramThatTakesTooLongIsKilledWithItsGroup) {
  options.limits.waiting = 200ms;
  rule("a.rules", "polkit.spawn(['sh', '-c', 'sleep 1000 & sleep 1000']); return 'yes';");
  start();
  const RuleAnswer answer = ask();
  EXPECT_EQ(answer.verdict, Verdict::no);
  EXPECT_THAT(answer.error, HasSubstr("did not end in time"));
  EXPECT_EQ(children().size(), 1u);
}

TEST_F(ScriptRulesTest, ProgramsHaveNoDescriptorsOfOurs) {
  rule("a.rules",
       "return polkit.spawn(['ls', '/proc/self/fd']) === '0\\n1\\n2\\n3\\n'"
       " ? 'yes' : 'no';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::yes);
}

TEST_F(ScriptRulesTest, OthersAreAnsweredWhileARuleWaits) {
  const std::string pipe = directory / "pipe";
  rule("a.rules", "if (subject.user === 'slow') polkit.spawn(['sh', '-c', 'until test -e " + pipe +
                      "; do sleep 0.05; done']); return 'yes';");
  start();
  bool is_slow_done = false;
  rules->ask(query("slow"), [&](const RuleAnswer& answer) {
    is_slow_done = true;
    EXPECT_EQ(answer.verdict, Verdict::yes);
  });
  for (const Verdict verdict : ask_many(50)) EXPECT_EQ(verdict, Verdict::yes);
  EXPECT_FALSE(is_slow_done);
  std::ofstream(pipe).put('x');
  until([&] { return is_slow_done; });
}

TEST_F(ScriptRulesTest, SpawnStormsEnd) {
  options.limits.total = 1s;
  rule("a.rules", "while (true) { try { polkit.spawn(['true']); } catch (e) {} }");
  start();
  EXPECT_EQ(ask().verdict, Verdict::no);
}

TEST_F(ScriptRulesTest, NobodyIsInANetgroupThatIsNotThere) {
  rule("a.rules", "return subject.isInNetGroup('headway-no-such-netgroup') ? 'no' : 'yes';");
  start();
  EXPECT_EQ(ask().verdict, Verdict::yes);
}

}  // namespace
}  // namespace headway::authority
