// SPDX-License-Identifier: MIT
#include "authority/checker.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>

#include "authority/authority_testing.h"

namespace headway::authority::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t ann = 1000;
constexpr std::uint32_t bob = 1001;

Action action(std::string id) {
  Action made;
  made.id = std::move(id);
  made.file = "/a.policy";
  made.line = 4;
  return made;
}

Session session(std::string seat, bool is_active) {
  return {.id = "c1", .uid = ann, .seat = std::move(seat), .is_active = is_active};
}

struct Checking : ::testing::Test {
  Checking() {
    Action defaults = action("defaults");
    defaults.any = Verdict::auth_admin;
    defaults.inactive = Verdict::auth_self;
    defaults.active = Verdict::yes;
    Action owned = action("owned");
    owned.annotations[owner_annotation] =
        "unix-user:bob unix-user:4000000000 unix-user:nobody-at-all";
    Action implying = action("implying");
    implying.annotations[imply_annotation] = "implied";
    Action second = action("second");
    second.annotations[imply_annotation] = "implied";
    Action outer = action("outer");
    outer.annotations[imply_annotation] = "implying";
    checker.set_actions(std::make_shared<const ActionCatalog>(std::vector<Action>{
        defaults, owned, implying, second, outer, action("implied"), action("plain")}));
  }

  /// By its own user, about a connection without a process.
  static Question question(std::string id, std::uint32_t uid = ann) {
    Question made;
    made.caller_uid = uid;
    made.who.uid = uid;
    made.who.text = "bus name :1.7";
    made.action = std::move(id);
    return made;
  }
  std::expected<Decision, Refusal> check(Question what) {
    return run(checker.check(std::move(what)), [&] { return rules.answer_one(); });
  }
  Verdict verdict(Question what) { return check(std::move(what)).value().verdict; }
  std::string reason(Question what) { return check(std::move(what)).value().reason(); }

  FakeRules rules;
  TemporaryAuthorizations temporaries;
  FakeAccounts accounts;
  Checker checker{rules, temporaries, accounts};
};

TEST_F(Checking, AnActionThatIsNotRegisteredFails) {
  const auto answer = check(question("none"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Refusal::Kind::failed);
  EXPECT_EQ(answer.error().text, "Action none is not registered");
  EXPECT_THAT(rules.asked, IsEmpty());
}

TEST_F(Checking, DefaultsAreThoseOfTheSession) {
  auto what = question("defaults");
  EXPECT_EQ(verdict(what), Verdict::auth_admin);
  what.who.session = session("", true);  // far away, though active
  EXPECT_EQ(verdict(what), Verdict::auth_admin);
  what.who.session = session("seat0", false);
  EXPECT_EQ(verdict(what), Verdict::auth_self);
  what.who.session = session("seat0", true);
  EXPECT_EQ(verdict(what), Verdict::yes);
  EXPECT_EQ(reason(what),
            "no rule says anything, and allow_active of the action defaults at /a.policy:4 is yes");
}

TEST_F(Checking, ARuleGoesBeforeDefaults) {
  auto what = question("defaults");
  what.who.session = session("seat0", true);
  rules.answers["defaults"] = FakeRules::says(Verdict::no, "/etc/5.rules", 3, 2);
  const auto answer = check(what);
  EXPECT_EQ(answer->verdict, Verdict::no);
  EXPECT_EQ(answer->reason(), "the rule at /etc/5.rules:3 says no");
  ASSERT_EQ(answer->steps.size(), 3U);
  EXPECT_EQ(describe(answer->steps[0]), "the rule at /before.rules:1 says nothing");
}

TEST_F(Checking, RulesThatFailAreANo) {
  auto what = question("defaults");
  what.who.session = session("seat0", true);
  RuleAnswer failed = FakeRules::says(Verdict::no, "/etc/5.rules", 3);
  failed.error = "ReferenceError: x";
  rules.answers["defaults"] = failed;
  EXPECT_EQ(verdict(what), Verdict::no);
  EXPECT_EQ(reason(what), "the rule at /etc/5.rules:3 failed: ReferenceError: x");
  // Also if who answers contradicts itself.
  failed.verdict = Verdict::yes;
  rules.answers["defaults"] = failed;
  EXPECT_EQ(verdict(what), Verdict::no);
  failed.verdict = Verdict::not_handled;
  failed.asked = {};
  rules.answers["defaults"] = failed;
  EXPECT_EQ(verdict(what), Verdict::no);
  EXPECT_EQ(reason(what), "the rules failed: ReferenceError: x");
}

TEST_F(Checking, RootIsAskedNothing) {
  rules.answers["plain"] = FakeRules::says(Verdict::no);
  const auto answer = check(question("plain", 0));
  EXPECT_EQ(answer->verdict, Verdict::yes);
  EXPECT_TRUE(answer->is_root);
  EXPECT_THAT(rules.asked, IsEmpty());
  EXPECT_FALSE(check(question("none", 0)));
}

TEST_F(Checking, RootIsAskedLikeOthersIfWanted) {
  auto what = question("plain", 0);
  what.root_too = true;
  EXPECT_EQ(verdict(what), Verdict::no);
}

TEST_F(Checking, WhoOnlySaysToBeRootIsAsked) {
  auto what = question("plain", 0);
  what.who.is_uid_true = false;
  EXPECT_EQ(verdict(what), Verdict::no);
}

struct Trust {
  const char* what;
  std::uint32_t caller;
  std::uint32_t subject;
  bool is_uid_true;
  bool has_details;
  const char* action;
  bool is_trusted;
};
constexpr Trust trusts[] = {
    {"itself", ann, ann, true, false, "plain", true},
    {"itself, with details", ann, ann, true, true, "plain", false},
    {"itself, by another uid than it has", ann, ann, false, false, "plain", false},
    {"another user", ann, bob, true, false, "plain", false},
    {"root", ann, 0, true, false, "plain", false},
    {"by root", 0, ann, true, true, "plain", true},
    {"by root, of a uid that is not true", 0, ann, false, true, "plain", true},
    {"by the owner", bob, ann, true, true, "owned", true},
    {"by the owner of another action", bob, ann, true, true, "plain", false},
    {"by an owner with a large number", 4000000000, ann, true, true, "owned", true},
    {"by who is nearly the owner", 4000000001, ann, true, true, "owned", false},
    {"by whom nobody is", 0xFFFFFFFF, ann, true, false, "owned", false},
    {"of an action that does not exist", bob, ann, true, false, "none", false},
};

TEST_F(Checking, WhoMayAskIsDecidedFirst) {
  for (const Trust& trust : trusts) {
    auto what = question(trust.action, trust.subject);
    what.caller_uid = trust.caller;
    what.who.is_uid_true = trust.is_uid_true;
    if (trust.has_details) what.details["user"] = "root";
    rules.asked.clear();
    const auto answer = check(what);
    EXPECT_EQ(answer.has_value(), trust.is_trusted) << trust.what;
    if (trust.is_trusted) continue;
    EXPECT_EQ(answer.error().kind, Refusal::Kind::not_authorized) << trust.what;
    EXPECT_THAT(answer.error().text, HasSubstr("uid " + std::to_string(trust.caller)));
    EXPECT_THAT(rules.asked, IsEmpty());
  }
}

TEST_F(Checking, RulesAreToldWhoAndWhat) {
  auto what = question("owned");
  what.caller_uid = bob;
  what.details = {{"user", "root"}, {"machine", ".host"}};
  what.who.session = session("seat0", true);
  static_cast<void>(check(what));
  ASSERT_EQ(rules.asked.size(), 1U);
  const RuleQuery& asked = rules.asked[0];
  EXPECT_EQ(asked.action_id, "owned");
  EXPECT_THAT(asked.details, ElementsAre(std::pair("machine", ".host"), std::pair("user", "root")));
  EXPECT_EQ(asked.subject.user, "ann");
  EXPECT_EQ(asked.subject.uid, ann);
  EXPECT_EQ(asked.subject.session, "c1");
  EXPECT_EQ(asked.subject.seat, "seat0");
  EXPECT_TRUE(asked.subject.local);
  EXPECT_TRUE(asked.subject.active);
  EXPECT_EQ(asked.subject.system_unit, std::nullopt);
}

TEST_F(Checking, WhoMayDoAnImplyingActionMayDoTheOther) {
  rules.answers["second"] = FakeRules::says(Verdict::yes);
  EXPECT_EQ(verdict(question("implied")), Verdict::yes);
  EXPECT_EQ(reason(question("implied")), "the action second at /a.policy:4 implies it");
}

TEST_F(Checking, WhoMayOnlyAuthenticateForAnImplyingActionMayNot) {
  rules.answers["second"] = FakeRules::says(Verdict::auth_self);
  rules.answers["implied"] = FakeRules::says(Verdict::auth_admin, "/5.rules", 9);
  EXPECT_EQ(verdict(question("implied")), Verdict::auth_admin);
  EXPECT_EQ(reason(question("implied")), "the rule at /5.rules:9 says auth_admin");
}

TEST_F(Checking, AnImplyingActionCountsEvenAfterARulesNo) {
  rules.answers["implied"] = FakeRules::says(Verdict::no);
  rules.answers["implying"] = FakeRules::says(Verdict::yes);
  EXPECT_EQ(verdict(question("implied")), Verdict::yes);
}

TEST_F(Checking, ImplyingReachesOneStep) {
  rules.answers["outer"] = FakeRules::says(Verdict::yes);
  EXPECT_EQ(verdict(question("implied")), Verdict::no);
  EXPECT_EQ(verdict(question("implying")), Verdict::yes);
}

TEST_F(Checking, ATemporaryAuthorizationIsAYes) {
  auto what = question("plain");
  what.who.session = session("seat0", true);
  rules.answers["plain"] = FakeRules::says(Verdict::auth_self_keep);
  EXPECT_EQ(verdict(what), Verdict::auth_self_keep);
  const auto id = temporaries.add(what.who, "plain", what.now, 1);
  const auto answer = check(what);
  EXPECT_EQ(answer->verdict, Verdict::yes);
  EXPECT_EQ(answer->temporary_id, *id);
  what.now += TemporaryAuthorizations::lifetime;
  EXPECT_EQ(verdict(what), Verdict::auth_self_keep);
}

TEST_F(Checking, WhoEndsWhileItIsAskedAboutIsRefused) {
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  auto what = question("plain", ::getuid());
  what.root_too = true;
  what.who.process = *Process::of_pid(static_cast<std::uint32_t>(child));
  what.who.is_bound_to_process = true;
  rules.answers["plain"] = FakeRules::says(Verdict::yes);
  const auto answer = run(checker.check(what), [&] {
    ::kill(child, SIGKILL);
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    return rules.answer_one();
  });
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().text, HasSubstr("ended"));
}

TEST_F(Checking, NobodyWaitingForRulesIsNoHarm) {
  {
    checker.check(question("plain")).start();
  }
  EXPECT_TRUE(rules.answer_one());
}

TEST_F(Checking, ActionsThatChangeMeanwhileAreThoseOfTheBeginning) {
  auto work = checker.check(question("defaults"));
  work.start();
  checker.set_actions(std::make_shared<const ActionCatalog>());
  while (rules.answer_one()) {
  }
  ASSERT_TRUE(work.is_done());
  EXPECT_EQ(std::move(work).get()->verdict, Verdict::auth_admin);
}

TEST_F(Checking, OneselfAuthenticatesOrTheAdministrators) {
  const auto who = [&](Verdict challenge) {
    return run(checker.authenticators(question("plain"), challenge),
               [&] { return rules.answer_one(); });
  };
  rules.admin_answer.identities = {"unix-group:sudo", "unix-user:7", "unix-user:ann", "nonsense",
                                   "unix-user:who"};
  EXPECT_THAT(who(Verdict::auth_self), ElementsAre(ann));
  EXPECT_THAT(who(Verdict::auth_admin_keep), ElementsAre(1000U, 1001U, 7U));
  rules.admin_answer.identities = {"unix-group:none"};
  EXPECT_THAT(who(Verdict::auth_admin), ElementsAre(0U));
}

}  // namespace
}  // namespace headway::authority::testing
