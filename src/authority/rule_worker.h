// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "authority/child_process.h"
#include "authority/job.h"
#include "authority/rules.h"
#include "authority/watch.h"
#include "authority/worker_messages.h"
#include "headway/loop.h"
#include "io/link.h"

namespace headway::authority {

/// How long things may take.
struct RuleLimits {
  using Duration = std::chrono::nanoseconds;

  Duration computing = std::chrono::seconds(5);  // for one question, or to load one file
  Duration total = std::chrono::seconds(15);     // likewise, with everything that it waits for
  Duration waiting = std::chrono::seconds(10);   // for one program
};

/// What somebody wants to know, until it is answered.
struct RuleQuestion {
  RuleQuery query;
  std::variant<Rules::Answered, Rules::AdminsAnswered> answered;
  std::uint32_t serial = 0;
  unsigned attempts = 0;  // by workers that ended over something else
};

/// A process that runs scripts, as seen from outside, where nothing that it says is believed
/// without need. It is given files once, then questions, and is killed when it takes too long.
class RuleWorker {
 public:
  /// Who has it. May end it, but not from inside these calls.
  class Owner {
   public:
    virtual void loaded(RuleWorker& worker, from_worker::Loaded result) = 0;
    virtual void decided(RuleWorker& worker, RuleQuestion question, RuleAnswer answer) = 0;
    virtual void admins_named(RuleWorker& worker, RuleQuestion question, AdminsAnswer answer) = 0;
    /// These it has not begun with, and will not.
    virtual void handed_back(std::deque<RuleQuestion> questions) = 0;
    /// It is of no more use. While it was loading: `file` is the one to blame, if it is any's
    /// fault.
    virtual void failed(RuleWorker& worker, std::string why, std::optional<std::size_t> file) = 0;
    virtual void log(std::string_view text) = 0;

   protected:
    ~Owner() = default;
  };

  static constexpr std::size_t batch_max = 32;

  /// `program` is headway-rules-worker.
  [[nodiscard]] static std::expected<std::unique_ptr<RuleWorker>, std::string> start(
      loop& runner, Owner& owner, const std::string& program, const std::vector<RuleFile>& files,
      const RuleLimits& limits);
  RuleWorker(const RuleWorker&) = delete;
  RuleWorker& operator=(const RuleWorker&) = delete;
  ~RuleWorker() = default;

  [[nodiscard]] bool is_loaded() const { return state_ == State::ready; }
  [[nodiscard]] bool has_failed() const { return state_ == State::failed; }
  /// Takes questions.
  [[nodiscard]] bool is_idle() const { return is_loaded() && questions_.empty(); }
  /// Has questions that it goes on with.
  [[nodiscard]] bool is_busy() const { return is_loaded() && !questions_.empty(); }
  [[nodiscard]] bool was_loaded() const { return was_loaded_; }
  /// Since when it is busy with one question.
  [[nodiscard]] loop::time_point busy_since() const { return began_; }
  [[nodiscard]] bool is_waiting() const { return job_ != nullptr; }
  /// Scripts have left so much behind that another one should take its place.
  [[nodiscard]] bool is_crowded() const { return is_crowded_; }

  /// Of an idle one; at most batch_max.
  void ask(std::deque<RuleQuestion> questions);

 private:
  enum class State : std::uint8_t { loading, ready, failed };
  struct Unmap {
    void operator()(WorkerProgress* progress) const;
  };
  using Progress = std::unique_ptr<WorkerProgress, Unmap>;

  RuleWorker(loop& runner, Owner& owner, ChildProcess process, Fd socket, Progress progress,
             std::vector<std::string> files, const RuleLimits& limits);

  void flush();
  void readable();
  void due();
  bool take(std::string_view frame);
  bool take(from_worker::Loaded loaded);
  bool take(const from_worker::Decided& decided);
  bool take(from_worker::AdminsNamed named);
  bool take(const from_worker::Log& log);
  bool take(from_worker::Spawn spawn);
  bool take(from_worker::AskNetgroup asked);
  template <class Answer>
  std::optional<RuleQuestion> answered(const Answer& answer, const RulePlaces& places);
  bool wait_for(ChildProcess::Plan plan, std::function<void(ScriptHost::Output)> done);
  void begin();
  void set_deadline(RuleLimits::Duration left);
  void fail(const std::string& why);
  void refuse(RuleQuestion question, const std::string& why, std::uint32_t rule);
  [[nodiscard]] RulesAsked asked(const RuleQuestion& question, std::size_t count) const;

  loop& loop_;
  Owner& owner_;
  RuleLimits limits_;
  std::vector<std::string> files_;  // their paths
  ChildProcess process_;
  io::Link link_;
  Progress progress_;
  State state_ = State::loading;
  std::shared_ptr<const RulePlaces> rules_ = std::make_shared<RulePlaces>();
  std::shared_ptr<const RulePlaces> admin_rules_ = rules_;
  bool was_loaded_ = false;
  bool is_crowded_ = false;
  std::deque<RuleQuestion> questions_;  // that it has, in order
  std::uint32_t next_serial_ = 1;
  std::uint32_t file_ = 0;  // that it loads, as it says
  // With that file, or with the first of questions_:
  loop::time_point began_;
  RuleLimits::Duration cpu_before_{};
  std::unique_ptr<Job> job_;
  Watch socket_;
  Watch deadline_;
};

}  // namespace headway::authority
