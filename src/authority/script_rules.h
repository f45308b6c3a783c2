// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authority/rule_files.h"
#include "authority/rule_worker.h"
#include "authority/rules.h"
#include "authority/watch.h"
#include "headway/loop.h"
#include "io/watch.h"

namespace headway::authority {

/// The JavaScript rules of some directories, loaded anew when files there change. Scripts run in
/// processes of their own, one as a rule, that are killed when they run away; then the question
/// they were busy with is answered `no`, and others are asked again. While one waits for a program,
/// or is busy for long, another takes what else is asked, up to workers_max.
///
/// So what scripts keep in variables is not for other decisions: which process takes one is
/// nobody's promise.
///
/// Cost of a question: a round trip between processes; of many at once: one for all of them.
class ScriptRules final : public Rules, RuleWorker::Owner {
 public:
  static constexpr std::size_t workers_max = 4;
  static constexpr std::size_t questions_max = 4096;

  struct Options {
    std::string program;  // headway-rules-worker
    std::vector<std::string> directories = standard_rule_directories();
    RuleLimits limits = {};
    std::function<void(std::string_view)> log;  // one line each
    std::function<void()> changed;              // new rules are in force
  };

  ScriptRules(loop& runner, Options options);
  ~ScriptRules() override = default;

  void ask(RuleQuery query, Answered answered) override;
  void admins(RuleQuery query, AdminsAnswered answered) override;

  /// Reads the directories now, and not a moment after they have changed.
  void reload();

 private:
  void read_files(bool anew);
  void add(RuleQuestion question);
  void pump();
  bool start_worker();
  void watch_directories();
  void deliver();
  void finish(RuleQuestion question, RuleAnswer answer);
  void finish(RuleQuestion question, AdminsAnswer answer);
  void refuse(RuleQuestion question, const std::string& why);
  [[nodiscard]] RuleWorker* idle_worker() const;
  [[nodiscard]] bool may_start_worker();
  void cannot_start(const std::string& why);

  void loaded(RuleWorker& worker, from_worker::Loaded result) override;
  void decided(RuleWorker& worker, RuleQuestion question, RuleAnswer answer) override;
  void admins_named(RuleWorker& worker, RuleQuestion question, AdminsAnswer answer) override;
  void handed_back(std::deque<RuleQuestion> questions) override;
  void failed(RuleWorker& worker, std::string why, std::optional<std::size_t> file) override;
  void log(std::string_view text) override;

  loop& loop_;
  Options options_;
  std::vector<RuleFile> files_;
  std::set<std::size_t> disabled_;  // of files_: they run away when they are loaded
  bool is_announced_ = true;        // what files_ has come to
  bool is_first_ = true;
  std::vector<std::unique_ptr<RuleWorker>> workers_;
  std::vector<std::unique_ptr<RuleWorker>> retired_;  // of older files; they finish what they have
  std::deque<RuleQuestion> questions_;
  std::deque<std::move_only_function<void()>> due_;  // calls to who has asked
  loop::time_point retry_at_;                        // no worker can be started before, because of
  std::string why_not_;
  std::optional<io::DirectoryWatch> directories_;
  Watch soon_;
  Watch later_;
  Watch directory_events_;
  Watch settled_;
};

}  // namespace headway::authority
