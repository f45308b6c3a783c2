// SPDX-License-Identifier: MIT
#include "authority/worker.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "authority/script_engine.h"
#include "authority/worker_sandbox.h"

namespace headway::authority {
namespace {

constexpr std::size_t log_bytes_max = 4096;
/// So that what is wrong with all files fits into one message.
constexpr std::size_t problem_bytes_max = from_worker_bytes_max / 2 / rule_files_max;
/// Lines for one question.
constexpr int log_lines_max = 100;

[[noreturn]] void leave(int status) { ::_exit(status); }

/// Frames, as io/link.h has them, on a socket that this process waits for.
class Channel {
 public:
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}

  void send(const FromWorker& message) {
    const std::string frame = encode(message);
    const auto length = static_cast<std::uint32_t>(frame.size());
    output_.append(reinterpret_cast<const char*>(&length), sizeof(length));
    output_ += frame;
    if (output_.size() > unsent_bytes_max) flush();
  }

  /// Waits for the next. Whatever was sent goes before it waits, and not earlier: so the answers to
  /// questions that came together leave together.
  ToWorker receive() {
    while (true) {
      if (auto message = next()) return std::move(*message);
      flush();
      const std::size_t had = input_.size();
      input_.resize(had + read_bytes);
      const ssize_t got = ::read(socket_.get(), input_.data() + had, read_bytes);
      if (got == 0 || (got < 0 && errno != EINTR)) leave(0);
      input_.resize(had + static_cast<std::size_t>(got < 0 ? 0 : got));
    }
  }

  void flush() {
    std::string_view rest = output_;
    while (!rest.empty()) {
      const ssize_t sent = ::write(socket_.get(), rest.data(), rest.size());
      if (sent < 0 && errno != EINTR) leave(0);
      rest.remove_prefix(static_cast<std::size_t>(sent < 0 ? 0 : sent));
    }
    output_.clear();
  }

 private:
  static constexpr std::size_t read_bytes = 64 << 10;
  static constexpr std::size_t unsent_bytes_max = 64 << 10;

  std::optional<ToWorker> next() {
    const std::string_view rest = std::string_view(input_).substr(taken_);
    std::uint32_t length = 0;
    if (rest.size() >= sizeof(length)) {
      std::memcpy(&length, rest.data(), sizeof(length));
      if (length > to_worker_bytes_max) leave(1);
      if (rest.size() - sizeof(length) >= length) {
        auto message = decode_to_worker(rest.substr(sizeof(length), length));
        if (!message) leave(1);
        taken_ += sizeof(length) + length;
        return message;
      }
    }
    input_.erase(0, std::exchange(taken_, 0));
    return std::nullopt;
  }

  Fd socket_;
  std::string input_;
  std::size_t taken_ = 0;  // of input_
  std::string output_;
};

class Worker final : ScriptHost {
 public:
  Worker(Fd socket, WorkerProgress& progress)
      : channel_(std::move(socket)), progress_(progress), engine_(*this, script_bytes_max) {}

  [[noreturn]] void run() {
    auto first = channel_.receive();
    auto* const load = std::get_if<to_worker::Load>(&first);
    if (load == nullptr) leave(1);
    this->load(*load);
    while (true) {
      const ToWorker message = channel_.receive();
      const auto* const question = std::get_if<to_worker::Ask>(&message);
      if (question == nullptr) leave(1);
      answer(*question);
    }
  }

 private:
  static void write(std::uint32_t& where, std::uint32_t value) {
    std::atomic_ref(where).store(value, std::memory_order_relaxed);
  }

  void load(const to_worker::Load& load) {
    from_worker::Loaded loaded{.not_confined = confine_worker()};
    for (std::uint32_t i = 0; i < load.files.size(); ++i) {
      write(progress_.file, i + 1);
      lines_logged_ = 0;
      const RuleFile& file = load.files[i];
      if (auto problem = engine_.load(file.path, file.text)) {
        loaded.problems.push_back(
            {.file = i, .line = problem->line, .text = problem->text.substr(0, problem_bytes_max)});
      }
      number_places(loaded.rules, engine_.rules(), i);
      number_places(loaded.admin_rules, engine_.admin_rules(), i);
    }
    channel_.send(std::move(loaded));
  }

  /// Of the rules that this file has added.
  static void number_places(std::vector<from_worker::Place>& places, const RulePlaces& rules,
                            std::uint32_t file) {
    for (std::size_t i = places.size(); i < rules.size(); ++i) {
      places.push_back({.file = file, .line = rules[i].line});
    }
  }

  void answer(const to_worker::Ask& question) {
    lines_logged_ = 0;
    write(progress_.serial, question.serial);
    if (question.for_admins) {
      auto admins = engine_.admins(question.query);
      channel_.send(from_worker::AdminsNamed{.serial = question.serial,
                                             .identities = std::move(admins.identities),
                                             .asked = admins.asked,
                                             .decided = admins.decided,
                                             .error = std::move(admins.error),
                                             .is_crowded = engine_.is_crowded()});
    } else {
      auto decision = engine_.decide(question.query);
      channel_.send(from_worker::Decided{.serial = question.serial,
                                         .verdict = decision.verdict,
                                         .asked = decision.asked,
                                         .error = std::move(decision.error),
                                         .is_crowded = engine_.is_crowded()});
    }
  }

  void log(std::string_view text) override {
    if (++lines_logged_ > log_lines_max) return;
    channel_.send(from_worker::Log{std::string(text.substr(0, log_bytes_max))});
  }

  /// What has been asked meanwhile is dropped: the other end knows.
  template <class Answer>
  Answer wait_for() {
    while (true) {
      ToWorker message = channel_.receive();
      if (auto* const answer = std::get_if<Answer>(&message)) return std::move(*answer);
      if (!std::holds_alternative<to_worker::Ask>(message)) leave(1);
    }
  }

  Output spawn(const std::vector<std::string>& arguments) override {
    channel_.send(from_worker::Spawn{arguments});
    auto spawned = wait_for<to_worker::Spawned>();
    return {.succeeded = spawned.succeeded, .text = std::move(spawned.text)};
  }

  bool is_in_netgroup(std::string_view user, std::string_view netgroup) override {
    channel_.send(
        from_worker::AskNetgroup{.user = std::string(user), .netgroup = std::string(netgroup)});
    return wait_for<to_worker::Netgroup>().is_member;
  }

  void asking(std::uint32_t rule) override { write(progress_.rule, rule); }

  [[noreturn]] void exhausted() override {
    channel_.flush();
    leave(worker_exhausted);
  }

  Channel channel_;
  WorkerProgress& progress_;
  ScriptEngine engine_;
  int lines_logged_ = 0;  // for this question
};

}  // namespace

void run_worker(Fd socket, WorkerProgress& progress) { Worker(std::move(socket), progress).run(); }

}  // namespace headway::authority
