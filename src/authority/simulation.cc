// SPDX-License-Identifier: MIT
#include "authority/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "authority/rule_files.h"
#include "authority/script_engine.h"

namespace headway::authority {
namespace {

constexpr std::size_t script_bytes_max = 64 << 20;

/// The engine's rules, asked here and now.
class RulesHere final : public Rules, ScriptHost {
 public:
  RulesHere(const std::vector<std::string>& directories, const Accounts& accounts,
            std::vector<std::string>& remarks)
      : accounts_(accounts), remarks_(remarks), engine_(*this, script_bytes_max) {
    for (const RuleFile& file : read_rule_files(directories, remarks_)) {
      const auto problem = engine_.load(file.path, file.text);
      if (problem)
        remarks_.push_back(fmt::format("{}:{}: {}", file.path, problem->line, problem->text));
    }
    places_ = std::make_shared<const RulePlaces>(engine_.rules());
    admin_places_ = std::make_shared<const RulePlaces>(engine_.admin_rules());
  }

  void ask(RuleQuery query, Answered answered) override {
    auto decided = engine_.decide(query);
    RuleAnswer answer{.verdict = decided.verdict,
                      .asked = {.places = places_, .count = decided.asked},
                      .error = std::move(decided.error)};
    waiting_.emplace_back([answered = std::move(answered), answer = std::move(answer)]() mutable {
      answered(std::move(answer));
    });
  }
  void admins(RuleQuery query, AdminsAnswered answered) override {
    auto decided = engine_.admins(query);
    AdminsAnswer answer{.identities = std::move(decided.identities),
                        .asked = {.places = admin_places_, .count = decided.asked},
                        .decided = decided.decided,
                        .error = std::move(decided.error)};
    waiting_.emplace_back([answered = std::move(answered), answer = std::move(answer)]() mutable {
      answered(std::move(answer));
    });
  }

  /// Runs a task that waits for nothing but these rules.
  template <class T>
  T run(task<T> work) {
    work.start();
    while (!work.is_done() && !waiting_.empty()) {
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      next();
    }
    return std::move(work).get();
  }

 private:
  void log(std::string_view text) override { remarks_.push_back(fmt::format("log: {}", text)); }
  Output spawn(const std::vector<std::string>& arguments) override {
    const std::string text = fmt::format("\"{}\" is not executed in a simulation",
                                         arguments.empty() ? std::string() : arguments.front());
    remarks_.push_back(text);
    return {.succeeded = false, .text = text};
  }
  bool is_in_netgroup(std::string_view user, std::string_view netgroup) override {
    const auto uid = accounts_.uid_of(std::string(user));
    const auto members = accounts_.members_of_netgroup(std::string(netgroup));
    return uid && std::ranges::find(members, *uid) != members.end();
  }
  void asking(std::uint32_t) override {}
  [[noreturn]] void exhausted() override {
    std::fputs("a rule wants more than 64 MiB of memory\n", stderr);
    std::exit(EXIT_FAILURE);
  }

  const Accounts& accounts_;
  std::vector<std::string>& remarks_;
  ScriptEngine engine_;
  std::shared_ptr<const RulePlaces> places_;
  std::shared_ptr<const RulePlaces> admin_places_;
  std::deque<std::move_only_function<void()>> waiting_;
};

/// The machine's accounts, where one of them has other groups.
class AccountsBut final : public Accounts {
 public:
  AccountsBut(std::uint32_t uid, const std::optional<std::vector<std::string>>& groups)
      : uid_(uid), groups_(groups) {}

  [[nodiscard]] std::optional<std::uint32_t> uid_of(const std::string& name) const override {
    return machine_.uid_of(name);
  }
  [[nodiscard]] std::string name_of(std::uint32_t uid) const override {
    return machine_.name_of(uid);
  }
  [[nodiscard]] std::vector<std::string> groups_of(std::uint32_t uid) const override {
    return uid == uid_ && groups_ ? *groups_ : machine_.groups_of(uid);
  }
  [[nodiscard]] std::vector<std::uint32_t> members_of(const std::string& group) const override {
    return machine_.members_of(group);
  }
  [[nodiscard]] std::vector<std::uint32_t> members_of_netgroup(
      const std::string& netgroup) const override {
    return machine_.members_of_netgroup(netgroup);
  }

 private:
  SystemAccounts machine_;
  std::uint32_t uid_;
  const std::optional<std::vector<std::string>>& groups_;
};

Who who_is(std::uint32_t uid, Presence presence) {
  Who who;
  who.uid = uid;
  who.text = fmt::format("uid {}", uid);
  if (presence == Presence::none) return who;
  who.session =
      Session{.id = "1", .uid = uid, .seat = "seat0", .is_active = presence == Presence::active};
  return who;
}

}  // namespace

Simulated simulate(const Simulation& what) {
  Simulated result;
  auto uid = SystemAccounts().uid_of(what.user);
  if (!uid) uid = parse_id(what.user);
  if (!uid) {
    result.decision = std::unexpected(fmt::format("there is no user \"{}\"", what.user));
    return result;
  }
  const AccountsBut accounts(*uid, what.groups);
  RulesHere rules(what.rule_directories, accounts, result.remarks);
  TemporaryAuthorizations none;
  Checker checker(rules, none, accounts);
  checker.set_actions(std::make_shared<const ActionCatalog>(
      ActionCatalog::load(what.action_directories, result.remarks)));
  Question question;
  question.who = who_is(*uid, what.presence);
  question.action = what.action;
  question.details = what.details;
  question.root_too = what.root_too;
  auto decision = rules.run(checker.check(std::move(question)));
  if (decision) {
    result.decision = std::move(*decision);
  } else {
    result.decision = std::unexpected(std::move(decision.error().text));
  }
  return result;
}

}  // namespace headway::authority
