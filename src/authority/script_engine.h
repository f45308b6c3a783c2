// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/rules.h"

namespace headway::authority {

/// What scripts want of the world. They wait for it.
class ScriptHost {
 public:
  struct Output {
    bool succeeded = false;
    std::string text;  // what the program wrote, or why it did not succeed
  };

  virtual void log(std::string_view text) = 0;
  virtual Output spawn(const std::vector<std::string>& arguments) = 0;
  virtual bool is_in_netgroup(std::string_view user, std::string_view netgroup) = 0;
  /// The rule of this number is about to be asked.
  virtual void asking(std::uint32_t rule) = 0;
  /// A script wants more memory than it may have, again and again. An engine at its limit does
  /// little else than look for garbage, so this is its end.
  [[noreturn]] virtual void exhausted() = 0;

 protected:
  ~ScriptHost() = default;
};

/// A file of rules that does not do what its author wanted.
struct ScriptProblem {
  std::uint32_t line = 0;  // 0: unknown
  std::string text;
};

/// JavaScript as rules.d files mean it: an engine with the object `polkit` and nothing else beside
/// the language (ECMAScript 5 and what Duktape adds). Scripts can use up to `memory_bytes_max` and
/// any amount of time, so this is for a process that somebody else watches.
///
/// A rule's number is its place in the order in which they were added.
class ScriptEngine {
 public:
  static constexpr std::size_t rules_max = 10'000;
  static constexpr std::size_t error_bytes_max = 1024;

  ScriptEngine(ScriptHost& host, std::size_t memory_bytes_max);
  ~ScriptEngine();
  ScriptEngine(const ScriptEngine&) = delete;
  ScriptEngine& operator=(const ScriptEngine&) = delete;

  /// Runs the file, which adds its rules. What it has added before it throws stays.
  [[nodiscard]] std::optional<ScriptProblem> load(const std::string& file, std::string_view text);

  [[nodiscard]] const RulePlaces& rules() const;
  [[nodiscard]] const RulePlaces& admin_rules() const;

  struct Decision {
    Verdict verdict = Verdict::no;
    std::uint32_t asked = 0;
    std::string error;
  };
  [[nodiscard]] Decision decide(const RuleQuery& query);

  struct Admins {
    std::vector<std::string> identities;
    std::uint32_t asked = 0;
    bool decided = false;
    std::string error;
  };
  [[nodiscard]] Admins admins(const RuleQuery& query);

  /// Scripts hold so much memory that it is better to begin anew.
  [[nodiscard]] bool is_crowded() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headway::authority
