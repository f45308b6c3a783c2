// SPDX-License-Identifier: MIT
#include "authority/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <coroutine>
#include <utility>

namespace headway::authority {
namespace {

/// Awaits what Rules answer by callback. Whoever awaits may be destroyed before.
template <class Answer>
class Answered {
 public:
  template <class Ask>
  explicit Answered(Ask ask) : inside_(std::make_shared<Inside>()) {
    ask([inside = inside_](Answer answer) {
      inside->answer = std::move(answer);
      if (inside->waiter) std::exchange(inside->waiter, nullptr).resume();
    });
  }
  Answered(const Answered&) = delete;
  Answered& operator=(const Answered&) = delete;
  ~Answered() { inside_->waiter = nullptr; }

  [[nodiscard]] bool await_ready() const noexcept { return inside_->answer.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { inside_->waiter = waiter; }
  [[nodiscard]] Answer await_resume() { return std::move(*inside_->answer); }

 private:
  struct Inside {
    std::optional<Answer> answer;
    std::coroutine_handle<> waiter;
  };
  std::shared_ptr<Inside> inside_;
};

struct Default {
  Verdict verdict;
  const char* element;
};

/// A remote session is "any" even if it is active.
Default default_of(const Action& action, const Who& who) {
  if (who.is_local() && who.is_active()) return {action.active, "allow_active"};
  if (who.is_local()) return {action.inactive, "allow_inactive"};
  return {action.any, "allow_any"};
}

void add_rules(Decision& decision, const Action& action, const RuleAnswer& answer) {
  const auto places = answer.asked.in_order();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool is_last = i + 1 == places.size();
    decision.steps.push_back({.kind = Step::Kind::rule,
                              .verdict = is_last ? answer.verdict : Verdict::not_handled,
                              .action = action.id,
                              .file = places[i].file,
                              .line = places[i].line,
                              .text = is_last ? answer.error : ""});
  }
  if (!answer.error.empty() && places.empty()) {
    decision.steps.push_back({.kind = Step::Kind::rules_failed,
                              .verdict = answer.verdict,
                              .action = action.id,
                              .file = "",
                              .line = 0,
                              .text = answer.error});
  }
}

}  // namespace

std::string describe(const Step& step) {
  const auto place = [&] { return fmt::format("{}:{}", step.file, step.line); };
  const auto verdict = name_of(step.verdict);
  switch (step.kind) {
    case Step::Kind::root:
      return "root may do everything";
    case Step::Kind::rule:
      if (!step.text.empty()) return fmt::format("the rule at {} failed: {}", place(), step.text);
      if (step.verdict == Verdict::not_handled) {
        return fmt::format("the rule at {} says nothing", place());
      }
      return fmt::format("the rule at {} says {}", place(), verdict);
    case Step::Kind::rules_failed:
      return fmt::format("the rules failed: {}", step.text);
    case Step::Kind::defaults:
      return fmt::format("no rule says anything, and {} of the action {} at {} is {}", step.text,
                         step.action, place(), verdict);
    case Step::Kind::temporary:
      return fmt::format("the temporary authorization {} for {}", step.text, step.action);
    case Step::Kind::implied:
      return fmt::format("the action {} at {} implies it", step.action, place());
  }
  return {};
}

bool Checker::is_owner(std::uint32_t uid, const std::string& id) const {
  const Action* const action = actions_->find(id);
  if (action == nullptr) return false;
  const auto owners = action->annotations.find(owner_annotation);
  if (owners == action->annotations.end()) return false;
  return std::ranges::any_of(words_of(owners->second), [&](const std::string& identity) {
    return is_user(identity, uid, accounts_);
  });
}

std::optional<Refusal> Checker::distrust(const Question& question) const {
  const bool is_own = question.who.uid == question.caller_uid && question.who.is_uid_true;
  if (is_own && question.details.empty()) return std::nullopt;
  if (question.caller_uid == 0 || is_owner(question.caller_uid, question.action)) {
    return std::nullopt;
  }
  return Refusal{
      .kind = Refusal::Kind::not_authorized,
      .text = fmt::format("uid {} may not {}; only root and the owners of the action {} may "
                          "(its annotation {})",
                          question.caller_uid,
                          is_own ? "pass details" : "ask about what another user may do",
                          question.action, owner_annotation)};
}

task<std::expected<Decision, Refusal>> Checker::check(Question question) {
  if (auto refusal = distrust(question)) co_return std::unexpected(std::move(*refusal));
  const auto actions = actions_;
  const Action* const action = actions->find(question.action);
  if (action == nullptr) {
    co_return std::unexpected(
        Refusal{.kind = Refusal::Kind::failed,
                .text = fmt::format("Action {} is not registered", question.action)});
  }
  Decision decision;
  if (question.who.uid == 0 && question.who.is_uid_true && !question.root_too) {
    decision.verdict = Verdict::yes;
    decision.is_root = true;
    decision.steps.push_back({.kind = Step::Kind::root,
                              .verdict = Verdict::yes,
                              .action = action->id,
                              .file = "",
                              .line = 0,
                              .text = ""});
    co_return decision;
  }
  const bool is_done = co_await ask(question, *action, decision);
  const auto own_verdict = decision.verdict;
  const auto own_reason = decision.decided_by;
  if (!is_done) {
    for (const Action* const implying : actions->implying(question.action)) {
      const bool is_implied = co_await ask(question, *implying, decision);
      if (!is_implied) continue;
      decision.steps.push_back({.kind = Step::Kind::implied,
                                .verdict = Verdict::yes,
                                .action = implying->id,
                                .file = implying->file,
                                .line = implying->line,
                                .text = ""});
      decision.decided_by = decision.steps.size() - 1;
      decision.verdict = Verdict::yes;
      break;
    }
    if (decision.verdict != Verdict::yes) {
      decision.verdict = own_verdict;
      decision.decided_by = own_reason;
    }
  }
  if (!question.who.is_unchanged()) {
    co_return std::unexpected(
        Refusal{.kind = Refusal::Kind::failed,
                .text = fmt::format("the {} ended or became another user while it was asked about",
                                    question.who.text)});
  }
  co_return decision;
}

task<bool> Checker::ask(const Question& question, const Action& action, Decision& decision) {
  Answered<RuleAnswer> asked([&](Rules::Answered answered) {
    rules_.ask(query_of(question, action.id), std::move(answered));
  });
  const RuleAnswer answer = co_await asked;
  add_rules(decision, action, answer);
  decision.verdict = answer.error.empty() ? answer.verdict : Verdict::no;
  if (decision.verdict == Verdict::not_handled) {
    const Default otherwise = default_of(action, question.who);
    decision.verdict = otherwise.verdict;
    decision.steps.push_back({.kind = Step::Kind::defaults,
                              .verdict = otherwise.verdict,
                              .action = action.id,
                              .file = action.file,
                              .line = action.line,
                              .text = otherwise.element});
  } else if (decision.steps.empty()) {
    decision.steps.push_back({.kind = Step::Kind::rules_failed,
                              .verdict = decision.verdict,
                              .action = action.id,
                              .file = "",
                              .line = 0,
                              .text = "they do not say which of them says so"});
  }
  decision.decided_by = decision.steps.size() - 1;
  if (decision.verdict == Verdict::yes) co_return true;
  const auto temporary = temporaries_.find(question.who, action.id, question.now);
  if (!temporary) co_return false;
  decision.verdict = Verdict::yes;
  decision.temporary_id = *temporary;
  decision.steps.push_back({.kind = Step::Kind::temporary,
                            .verdict = Verdict::yes,
                            .action = action.id,
                            .file = "",
                            .line = 0,
                            .text = *temporary});
  decision.decided_by = decision.steps.size() - 1;
  co_return true;
}

RuleQuery Checker::query_of(const Question& question, const std::string& action) const {
  const Who& who = question.who;
  RuleQuery query;
  query.action_id = action;
  query.details.assign(question.details.begin(), question.details.end());
  RuleSubject& subject = query.subject;
  subject.uid = who.uid;
  subject.user = accounts_.name_of(who.uid);
  subject.groups = accounts_.groups_of(who.uid);
  subject.local = who.is_local();
  subject.active = who.is_active();
  if (who.session) {
    subject.session = who.session->id;
    if (!who.session->seat.empty()) subject.seat = who.session->seat;
  }
  if (who.process) {
    subject.pid = who.process->pid();
    if (who.process->is_safe()) subject.system_unit = who.process->system_unit();
    subject.no_new_privs = who.process->has_no_new_privs();
  }
  return query;
}

task<std::vector<std::uint32_t>> Checker::authenticators(Question question, Verdict challenge) {
  if (!asks_admin(challenge)) co_return std::vector<std::uint32_t>{question.who.uid};
  Answered<AdminsAnswer> asked([&](Rules::AdminsAnswered answered) {
    rules_.admins(query_of(question, question.action), std::move(answered));
  });
  const AdminsAnswer answer = co_await asked;
  co_return users_of(answer.identities, accounts_);
}

}  // namespace headway::authority
