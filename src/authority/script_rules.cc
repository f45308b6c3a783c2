// SPDX-License-Identifier: MIT
#include "authority/script_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace headway::authority {
namespace {

using std::chrono::milliseconds;

/// Busy for longer than this, a worker is one that others do not wait for.
constexpr milliseconds patience(50);
/// Between what changes files and our reading them: what changes files changes several.
constexpr milliseconds settling(100);
/// After a worker could not be started.
constexpr milliseconds pause(1000);

}  // namespace

ScriptRules::ScriptRules(loop& runner, Options options)
    : loop_(runner),
      options_(std::move(options)),
      retry_at_(runner.now()),
      soon_(runner, [this] { deliver(); }),
      later_(runner, [this] { pump(); }),
      directory_events_(runner,
                        [this] {
                          if (!directories_->drain().empty()) {
                            settled_.wake(loop_.now() + settling);
                          }
                        }),
      settled_(runner, [this] { read_files(false); }) {
  watch_directories();
  read_files(true);
}

void ScriptRules::watch_directories() {
  auto created = io::DirectoryWatch::create();
  if (!created) {
    log(fmt::format("Rules are not loaded anew when they change: {}", describe(created.error())));
    return;
  }
  directories_.emplace(std::move(*created));
  for (const auto& [directory, reason] : directories_->replace(options_.directories)) {
    log(fmt::format("{} is not watched: {}", directory, reason));
  }
  directory_events_.watch(directories_->fd());
}

void ScriptRules::reload() { read_files(true); }

void ScriptRules::read_files(bool anew) {
  std::vector<std::string> warnings;
  std::vector<RuleFile> files = read_rule_files(options_.directories, warnings);
  if (!anew && files == files_) return;
  for (const std::string& warning : warnings) log(warning);
  files_ = std::move(files);
  disabled_.clear();
  is_announced_ = false;
  retry_at_ = loop_.now();
  std::ranges::move(workers_, std::back_inserter(retired_));
  workers_.clear();
  start_worker();
  soon_.post();
}

void ScriptRules::ask(RuleQuery query, Answered answered) {
  add({.query = std::move(query), .answered = std::move(answered)});
}

void ScriptRules::admins(RuleQuery query, AdminsAnswered answered) {
  add({.query = std::move(query), .answered = std::move(answered)});
}

void ScriptRules::add(RuleQuestion question) {
  if (questions_.size() == questions_max) {
    refuse(std::move(question),
           fmt::format("{} questions wait for the rules already", questions_max));
    return;
  }
  questions_.push_back(std::move(question));
  pump();
}

void ScriptRules::finish(RuleQuestion question, RuleAnswer answer) {
  due_.emplace_back([question = std::move(question), answer = std::move(answer)] mutable {
    std::get<Answered>(question.answered)(std::move(answer));
  });
  soon_.post();
}

void ScriptRules::finish(RuleQuestion question, AdminsAnswer answer) {
  std::erase_if(answer.identities, [](const std::string& identity) {
    constexpr std::string_view kinds[] = {"unix-user:", "unix-group:", "unix-netgroup:"};
    return std::ranges::none_of(kinds, [&](std::string_view kind) {
      return identity.starts_with(kind) && identity.size() > kind.size();
    });
  });
  if (answer.identities.empty()) answer.identities.emplace_back("unix-user:0");
  due_.emplace_back([question = std::move(question), answer = std::move(answer)] mutable {
    std::get<AdminsAnswered>(question.answered)(std::move(answer));
  });
  soon_.post();
}

void ScriptRules::refuse(RuleQuestion question, const std::string& why) {
  if (std::holds_alternative<Answered>(question.answered)) {
    finish(std::move(question), RuleAnswer{.error = why});
  } else {
    finish(std::move(question), AdminsAnswer{.error = why});
  }
}

/// What is due, then what has become of the workers: none of them is at work now.
void ScriptRules::deliver() {
  for (std::size_t left = due_.size(); left > 0 && !due_.empty(); --left) {
    auto call = std::move(due_.front());
    due_.pop_front();
    call();
  }
  std::erase_if(workers_, [](const auto& worker) {
    return worker->has_failed() || (worker->is_crowded() && worker->is_idle());
  });
  std::erase_if(retired_, [](const auto& worker) { return !worker->is_busy(); });
  pump();
}

void ScriptRules::pump() {
  while (!questions_.empty()) {
    RuleWorker* const worker = idle_worker();
    if (worker == nullptr) break;
    std::deque<RuleQuestion> batch;
    while (!questions_.empty() && batch.size() < RuleWorker::batch_max) {
      batch.push_back(std::move(questions_.front()));
      questions_.pop_front();
    }
    worker->ask(std::move(batch));
  }
  if ((!questions_.empty() || workers_.empty()) && may_start_worker()) start_worker();
  if (!workers_.empty() || questions_.empty()) return;
  for (RuleQuestion& question : std::exchange(questions_, {}))
    refuse(std::move(question), why_not_);
}

RuleWorker* ScriptRules::idle_worker() const {
  const auto found =
      std::ranges::find_if(workers_, [](const auto& worker) { return worker->is_idle(); });
  return found == workers_.end() ? nullptr : found->get();
}

/// Whether those that there are keep others waiting; if not yet, we look again when they do.
bool ScriptRules::may_start_worker() {
  const auto now = loop_.now();
  if (now < retry_at_ || workers_.size() >= workers_max) return false;
  std::optional<loop::time_point> later;
  for (const auto& worker : workers_) {
    if (worker->has_failed() || worker->is_waiting()) continue;
    if (!worker->is_loaded()) return false;
    const auto end = worker->busy_since() + patience;
    if (end > now) later = std::min(later.value_or(end), end);
  }
  later_.wake(later);
  return !later;
}

bool ScriptRules::start_worker() {
  std::vector<RuleFile> files = files_;
  for (const std::size_t file : disabled_) files[file].text.clear();
  auto worker = RuleWorker::start(loop_, *this, options_.program, files, options_.limits);
  if (!worker) {
    cannot_start(worker.error());
    return false;
  }
  workers_.push_back(std::move(*worker));
  return true;
}

void ScriptRules::cannot_start(const std::string& why) {
  why_not_ = fmt::format("the rules cannot be asked: the process that runs them {}", why);
  retry_at_ = loop_.now() + pause;
  log(why_not_);
}

void ScriptRules::loaded(RuleWorker& /*worker*/, from_worker::Loaded result) {
  soon_.post();
  if (std::exchange(is_announced_, true)) return;
  for (const std::string& part : result.not_confined) log(part);
  for (const from_worker::Problem& problem : result.problems) {
    log(fmt::format("{}:{}: {}; the rest of this file does not count", files_[problem.file].path,
                    problem.line, problem.text));
  }
  log(fmt::format("{} rules and {} rules about administrators are loaded from {} files",
                  result.rules.size(), result.admin_rules.size(), files_.size()));
  if (!std::exchange(is_first_, false) && options_.changed) {
    due_.emplace_back([this] { options_.changed(); });
  }
}

void ScriptRules::decided(RuleWorker& /*worker*/, RuleQuestion question, RuleAnswer answer) {
  if (!answer.error.empty()) log(answer.error);
  finish(std::move(question), std::move(answer));
}

void ScriptRules::admins_named(RuleWorker& /*worker*/, RuleQuestion question, AdminsAnswer answer) {
  if (!answer.error.empty()) log(answer.error);
  finish(std::move(question), std::move(answer));
}

void ScriptRules::handed_back(std::deque<RuleQuestion> questions) {
  std::ranges::move(questions_, std::back_inserter(questions));
  questions_ = std::move(questions);
  soon_.post();
}

void ScriptRules::failed(RuleWorker& worker, std::string why, std::optional<std::size_t> file) {
  soon_.post();
  const bool is_current =
      std::ranges::any_of(workers_, [&](const auto& current) { return current.get() == &worker; });
  if (!is_current) return;
  if (file) {
    disabled_.insert(*file);
    log(fmt::format("{}: {}, so the file does not count", files_[*file].path, why));
  } else if (!worker.was_loaded()) {
    cannot_start(why);
  }
}

void ScriptRules::log(std::string_view text) {
  if (options_.log) options_.log(text);
}

}  // namespace headway::authority
