// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/accounts.h"
#include "authority/action_catalog.h"
#include "authority/resolver.h"
#include "authority/rules.h"
#include "authority/temporary.h"
#include "authority/verdict.h"
#include "base/time.h"
#include "headway/task.h"

namespace headway::authority {

using Details = std::map<std::string, std::string>;

/// May `who` do `action`?
struct Question {
  std::uint32_t caller_uid = 0;
  Who who;
  std::string action;
  Details details;
  bool root_too = false;  // rules and defaults count for uid 0 as well
  Time now;
};

/// One thing that was looked at on the way to an answer.
struct Step {
  enum class Kind : std::uint8_t { root, rule, rules_failed, defaults, temporary, implied };
  Kind kind = Kind::rule;
  Verdict verdict = Verdict::not_handled;
  std::string action;  // of which this was asked
  std::string file;    // where it stands that the answer is this
  std::uint32_t line = 0;
  std::string text;  // for people, beside the rest
  bool operator==(const Step&) const = default;
};

/// "the rule at /etc/polkit-1/rules.d/5.rules:3 says no"
[[nodiscard]] std::string describe(const Step& step);

/// What came of a question: who asked is authorized, may become it, or neither.
struct Decision {
  Verdict verdict = Verdict::no;  // never not_handled
  std::string temporary_id;       // of the temporary authorization that it comes from
  bool is_root = false;           // nothing was asked, as it is root
  std::vector<Step> steps;        // everything that was asked, in order
  std::size_t decided_by = 0;     // which of them

  /// Where the verdict comes from, as a sentence.
  [[nodiscard]] std::string reason() const { return describe(steps.at(decided_by)); }
};

/// No answer at all.
struct Refusal {
  enum class Kind : std::uint8_t { failed, not_authorized };
  Kind kind = Kind::failed;
  std::string text;
};

/// The order of a check: trust, known action, root, defaults, rules, temporary authorizations,
/// implying actions. Knows no bus and reads no clock. Nothing here says yes by default: whatever
/// fails on the way leaves `no`, or a refusal.
class Checker {
 public:
  Checker(Rules& rules, TemporaryAuthorizations& temporaries, const Accounts& accounts)
      : rules_(rules), temporaries_(temporaries), accounts_(accounts) {}

  /// From now on; checks under way go on with what they began with.
  void set_actions(std::shared_ptr<const ActionCatalog> actions) { actions_ = std::move(actions); }
  [[nodiscard]] const std::shared_ptr<const ActionCatalog>& actions() const { return actions_; }

  [[nodiscard]] task<std::expected<Decision, Refusal>> check(Question question);

  /// Who may authenticate for this question: the subject's own user, or the administrators.
  [[nodiscard]] task<std::vector<std::uint32_t>> authenticators(Question question,
                                                                Verdict challenge);

  /// May this caller know what becomes of others, and say more than who is asked about? Itself: of
  /// its own user, without details. Others: root and the action's owners.
  [[nodiscard]] std::optional<Refusal> distrust(const Question& question) const;

 private:
  /// The answer for one action: rules, or defaults, or a temporary authorization.
  task<bool> ask(const Question& question, const Action& action, Decision& decision);
  [[nodiscard]] RuleQuery query_of(const Question& question, const std::string& action) const;
  [[nodiscard]] bool is_owner(std::uint32_t uid, const std::string& action) const;

  Rules& rules_;
  TemporaryAuthorizations& temporaries_;
  const Accounts& accounts_;
  std::shared_ptr<const ActionCatalog> actions_ = std::make_shared<const ActionCatalog>();
};

}  // namespace headway::authority
