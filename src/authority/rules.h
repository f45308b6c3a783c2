// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authority/verdict.h"

namespace headway::authority {

/// Who is asked about, as rules see it (`subject`). Names are those of the name service, or numbers
/// as text where it has none.
struct RuleSubject {
  std::uint32_t pid = 0;
  std::uint32_t uid = 0;
  std::string user;
  std::vector<std::string> groups;  // the primary one first
  std::optional<std::string> seat;
  std::optional<std::string> session;
  bool local = false;
  bool active = false;
  /// Known only of a process that the bus has vouched for by a pidfd.
  std::optional<std::string> system_unit;
  bool no_new_privs = false;  // rules see it only beside a unit
};

/// What rules are asked: may `subject` do `action_id`, of which `details` tell more?
struct RuleQuery {
  std::string action_id;
  std::vector<std::pair<std::string, std::string>> details;  // in the order in which they came
  RuleSubject subject;
};

/// Where a rule was added: the call of polkit.addRule() or addAdminRule().
struct RulePlace {
  std::string file;
  std::uint32_t line = 0;
  bool operator==(const RulePlace&) const = default;
};
using RulePlaces = std::vector<RulePlace>;

/// Which rules were asked, in order: all but the last had no opinion; whether the last had one is
/// told by who holds this.
struct RulesAsked {
  std::shared_ptr<const RulePlaces> places;  // of all rules of the kind that was asked; or none
  std::size_t count = 0;                     // how many of them were asked, from the first on

  [[nodiscard]] std::span<const RulePlace> in_order() const {
    return places ? std::span(*places).first(count) : std::span<const RulePlace>();
  }
};

/// What the rules say. Never `yes` unless a rule said so: whoever fails, is too slow, or answers
/// what means nothing, has said no, and `error` says why.
struct RuleAnswer {
  Verdict verdict = Verdict::no;
  RulesAsked asked;
  std::string error;

  /// The rule that the verdict comes from; none: no rule had an opinion, or none can be named.
  [[nodiscard]] const RulePlace* decided_by() const {
    const auto rules = asked.in_order();
    const bool decided = verdict != Verdict::not_handled || !error.empty();
    return decided && !rules.empty() ? &rules.back() : nullptr;
  }
};

/// Who may authenticate as an administrator: "unix-user:NAME|UID", "unix-group:NAME|GID" or
/// "unix-netgroup:NAME", never nobody: ["unix-user:0"] where no rule has a usable opinion.
struct AdminsAnswer {
  std::vector<std::string> identities;
  RulesAsked asked;
  bool decided = false;  // by the last rule that was asked
  std::string error;
};

/// The rules of the machine (rules.d). Callbacks are never called from inside ask() or admins(),
/// and each exactly once while this lives; they may ask again.
class Rules {
 public:
  using Answered = std::move_only_function<void(RuleAnswer)>;
  using AdminsAnswered = std::move_only_function<void(AdminsAnswer)>;

  Rules() = default;
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;
  virtual ~Rules() = default;

  virtual void ask(RuleQuery query, Answered answered) = 0;
  virtual void admins(RuleQuery query, AdminsAnswered answered) = 0;
};

}  // namespace headway::authority
