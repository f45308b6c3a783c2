// SPDX-License-Identifier: MIT
#include "authority/rule_worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "authority/worker.h"
#include "base/assert.h"
#include "base/utf8.h"

namespace headway::authority {
namespace {

/// After so many workers ended over other questions, nobody asks this one again.
constexpr unsigned attempts_max = 3;
constexpr std::size_t text_bytes_max = 4096;
constexpr std::size_t identities_max = 1024;

/// What a worker wrote, as it may be passed on.
std::string passed_on(std::string_view text) { return as_utf8(text.substr(0, text_bytes_max)); }

std::uint32_t read_number(std::uint32_t& where) {
  return std::atomic_ref(where).load(std::memory_order_relaxed);
}

double seconds(RuleLimits::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Memory that the worker can neither make shorter nor longer: reading it cannot fail.
Fd shared_memory() {
  Fd memory(::memfd_create("headway-rules", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (memory && ::ftruncate(memory.get(), sizeof(WorkerProgress)) == 0 &&
      ::fcntl(memory.get(), F_ADD_SEALS, seals) == 0) {
    return memory;
  }
  return Fd();
}

/// How a worker has ended that was not told to.
std::string end_of(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == worker_exhausted) {
    return fmt::format("wanted more than {} bytes of memory", script_bytes_max);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == ChildProcess::not_executed) {
    return "could not be executed";
  }
  if (WIFEXITED(status)) {
    return fmt::format("ended its process, with status {}", WEXITSTATUS(status));
  }
  return fmt::format("ended its process, by signal {}", WTERMSIG(status));
}

std::vector<std::string> worker_environment() {
  // As text, so that the process need not look again when it can no longer open files.
  const char* const zone = ::secure_getenv("TZ");
  return {fmt::format("TZ={}", zone != nullptr ? zone : ":/etc/localtime")};
}

RulePlaces places_of(const std::vector<from_worker::Place>& places,
                     const std::vector<std::string>& files) {
  RulePlaces result;
  for (const from_worker::Place& place : places) {
    if (place.file >= files.size()) break;
    result.push_back({.file = files[place.file], .line = place.line});
  }
  return result;
}

}  // namespace

void RuleWorker::Unmap::operator()(WorkerProgress* progress) const {
  ::munmap(progress, sizeof(WorkerProgress));
}

std::expected<std::unique_ptr<RuleWorker>, std::string> RuleWorker::start(
    loop& runner, Owner& owner, const std::string& program, const std::vector<RuleFile>& files,
    const RuleLimits& limits) {
  const auto failed = [](const char* call) {
    return std::unexpected(fmt::format("{}: {}", call, std::strerror(errno)));
  };
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return failed("socketpair");
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  if (::fcntl(ours.get(), F_SETFL, O_RDWR | O_NONBLOCK) < 0) return failed("fcntl");
  const Fd memory = shared_memory();
  if (!memory) return failed("memfd_create");
  void* const mapped =
      ::mmap(nullptr, sizeof(WorkerProgress), PROT_READ, MAP_SHARED, memory.get(), 0);
  if (mapped == MAP_FAILED) return failed("mmap");
  Progress progress(static_cast<WorkerProgress*>(mapped));

  auto process = ChildProcess::start({.arguments = {program, fmt::format("{}", ::getpid())},
                                      .environment = worker_environment(),
                                      .input = theirs.get(),
                                      .output = memory.get()});
  if (!process) return std::unexpected(describe(process.error()));
  std::vector<std::string> paths;
  for (const RuleFile& file : files) paths.push_back(file.path);
  std::unique_ptr<RuleWorker> worker(new RuleWorker(runner, owner, std::move(*process),
                                                    std::move(ours), std::move(progress),
                                                    std::move(paths), limits));
  worker->link_.send(encode(ToWorker(to_worker::Load{files})));
  worker->flush();
  return worker;
}

RuleWorker::RuleWorker(loop& runner, Owner& owner, ChildProcess process, Fd socket,
                       Progress progress, std::vector<std::string> files, const RuleLimits& limits)
    : loop_(runner),
      owner_(owner),
      limits_(limits),
      files_(std::move(files)),
      process_(std::move(process)),
      link_(std::move(socket), from_worker_bytes_max),
      progress_(std::move(progress)),
      socket_(runner, [this] { readable(); }),
      deadline_(runner, [this] { due(); }) {
  begin();
}

/// That the other end is gone is seen by reading: perhaps it has said something before.
void RuleWorker::flush() {
  static_cast<void>(link_.flush());
  socket_.watch(link_.socket(), link_.wants_write());
}

void RuleWorker::ask(std::deque<RuleQuestion> questions) {
  HEADWAY_ASSERT(is_idle() && !questions.empty() && questions.size() <= batch_max);
  questions_ = std::move(questions);
  for (RuleQuestion& question : questions_) {
    question.serial = next_serial_++;
    const bool for_admins = std::holds_alternative<Rules::AdminsAnswered>(question.answered);
    link_.send(encode(ToWorker(to_worker::Ask{
        .serial = question.serial, .for_admins = for_admins, .query = question.query})));
  }
  begin();
  flush();
}

void RuleWorker::readable() {
  if (state_ == State::failed) return;
  const bool goes_on = link_.receive();
  while (auto frame = link_.next()) {
    if (take(*frame)) continue;
    if (state_ != State::failed) fail("said what no honest process says");
    return;
  }
  if (!goes_on) {
    fail(end_of(process_.end()));
    return;
  }
  flush();
}

bool RuleWorker::take(std::string_view frame) {
  auto message = decode_from_worker(frame);
  if (!message) return false;
  return std::visit([this](auto& value) { return take(std::move(value)); }, *message);
}

bool RuleWorker::take(from_worker::Loaded loaded) {
  if (state_ != State::loading) return false;
  rules_ = std::make_shared<RulePlaces>(places_of(loaded.rules, files_));
  admin_rules_ = std::make_shared<RulePlaces>(places_of(loaded.admin_rules, files_));
  if (rules_->size() != loaded.rules.size()) return false;
  if (admin_rules_->size() != loaded.admin_rules.size()) return false;
  for (from_worker::Problem& problem : loaded.problems) {
    if (problem.file >= files_.size()) return false;
    problem.text = passed_on(problem.text);
  }
  for (std::string& text : loaded.not_confined) text = passed_on(text);
  state_ = State::ready;
  was_loaded_ = true;
  deadline_.wake(std::nullopt);
  owner_.loaded(*this, std::move(loaded));
  return true;
}

/// The question that this is the answer to, if it can be one.
template <class Answer>
std::optional<RuleQuestion> RuleWorker::answered(const Answer& answer, const RulePlaces& places) {
  if (state_ != State::ready || job_ || questions_.empty()) return std::nullopt;
  if (questions_.front().serial != answer.serial || answer.asked > places.size()) {
    return std::nullopt;
  }
  RuleQuestion question = std::move(questions_.front());
  questions_.pop_front();
  is_crowded_ = answer.is_crowded;
  if (questions_.empty()) {
    deadline_.wake(std::nullopt);
  } else {
    begin();
  }
  return question;
}

bool RuleWorker::take(const from_worker::Decided& decided) {
  const bool is_decided = decided.verdict != Verdict::not_handled;
  if (is_decided && decided.asked == 0 && decided.error.empty()) return false;
  if (!decided.error.empty() && decided.verdict != Verdict::no) return false;
  auto question = answered(decided, *rules_);
  if (!question || !std::holds_alternative<Rules::Answered>(question->answered)) return false;
  owner_.decided(*this, std::move(*question),
                 {.verdict = decided.verdict,
                  .asked = {.places = rules_, .count = decided.asked},
                  .error = passed_on(decided.error)});
  return true;
}

bool RuleWorker::take(from_worker::AdminsNamed named) {
  if (named.identities.size() > identities_max) return false;
  auto question = answered(named, *admin_rules_);
  if (!question || !std::holds_alternative<Rules::AdminsAnswered>(question->answered)) return false;
  owner_.admins_named(*this, std::move(*question),
                      {.identities = std::move(named.identities),
                       .asked = {.places = admin_rules_, .count = named.asked},
                       .decided = named.decided,
                       .error = passed_on(named.error)});
  return true;
}

bool RuleWorker::take(const from_worker::Log& log) {
  owner_.log(passed_on(log.text));
  return true;
}

bool RuleWorker::take(from_worker::Spawn spawn) {
  if (spawn.arguments.empty()) return false;
  return wait_for(Job::program(std::move(spawn.arguments)), [this](ScriptHost::Output output) {
    link_.send(encode(ToWorker(
        to_worker::Spawned{.succeeded = output.succeeded, .text = std::move(output.text)})));
  });
}

bool RuleWorker::take(from_worker::AskNetgroup asked) {
  return wait_for(Job::netgroup(std::move(asked.user), std::move(asked.netgroup)),
                  [this](const ScriptHost::Output& output) {
                    link_.send(encode(ToWorker(to_worker::Netgroup{output.succeeded})));
                  });
}

/// The worker sleeps until `answer` has sent what it waits for.
bool RuleWorker::wait_for(ChildProcess::Plan plan, std::function<void(ScriptHost::Output)> answer) {
  if (job_ || (state_ == State::ready && questions_.empty())) return false;
  if (state_ == State::ready && questions_.size() > 1) {
    std::deque<RuleQuestion> others(std::make_move_iterator(questions_.begin() + 1),
                                    std::make_move_iterator(questions_.end()));
    questions_.resize(1);
    owner_.handed_back(std::move(others));
  }
  job_ = std::make_unique<Job>(loop_, std::move(plan), limits_.waiting,
                               [this, answer = std::move(answer)](ScriptHost::Output output) {
                                 answer(std::move(output));
                                 flush();
                                 const std::unique_ptr<Job> done = std::move(job_);
                               });
  return true;
}

/// With the first question, or the next file.
void RuleWorker::begin() {
  began_ = loop_.now();
  cpu_before_ = process_.cpu_time();
  set_deadline(limits_.computing);
}

/// When it cannot have computed for longer than `left` before.
void RuleWorker::set_deadline(RuleLimits::Duration left) {
  deadline_.wake(std::min(began_ + limits_.total, loop_.now() + left));
}

/// Time that passes while it sleeps, or while the machine is busy with others, is not its fault;
/// but there is an end to that, too.
void RuleWorker::due() {
  // Perhaps it is only we who are slow.
  const std::size_t before = questions_.size();
  readable();
  if (state_ == State::failed || is_idle() || (questions_.size() != before && !job_)) return;
  const std::uint32_t file = read_number(progress_->file);
  if (state_ == State::loading && file > file_ && file <= files_.size()) {
    file_ = file;
    begin();
    return;
  }
  const auto computed = process_.cpu_time() - cpu_before_;
  if (computed >= limits_.computing) {
    fail(fmt::format("computed for more than {:g} s", seconds(limits_.computing)));
  } else if (loop_.now() >= began_ + limits_.total) {
    fail(fmt::format("took more than {:g} s", seconds(limits_.total)));
  } else {
    set_deadline(limits_.computing - computed);
  }
}

RulesAsked RuleWorker::asked(const RuleQuestion& question, std::size_t count) const {
  const bool for_admins = std::holds_alternative<Rules::AdminsAnswered>(question.answered);
  const auto& places = for_admins ? admin_rules_ : rules_;
  return {.places = places, .count = std::min(count, places->size())};
}

void RuleWorker::refuse(RuleQuestion question, const std::string& why, std::uint32_t rule) {
  const RulesAsked until = asked(question, std::size_t{rule} + 1);
  const auto rules = until.in_order();
  const std::string text =
      rules.empty() ? fmt::format("the rule {}", why)
                    : fmt::format("{}:{}: the rule {}", rules.back().file, rules.back().line, why);
  if (std::holds_alternative<Rules::Answered>(question.answered)) {
    owner_.decided(*this, std::move(question), {.asked = until, .error = text});
  } else {
    owner_.admins_named(*this, std::move(question), {.asked = until, .error = text});
  }
}

void RuleWorker::fail(const std::string& why) {
  state_ = State::failed;
  socket_.forget();
  deadline_.forget();
  job_.reset();
  process_.end();

  // Who is to blame: the worker has said so where it could, or else it is the first.
  const std::uint32_t serial = read_number(progress_->serial);
  const std::uint32_t rule = read_number(progress_->rule);
  auto blamed = std::ranges::find(questions_, serial, &RuleQuestion::serial);
  if (blamed == questions_.end()) blamed = questions_.begin();
  std::deque<RuleQuestion> others;
  for (auto question = questions_.begin(); question != questions_.end(); ++question) {
    if (question == blamed || ++question->attempts == attempts_max) {
      refuse(std::move(*question), why, rule);
    } else {
      others.push_back(std::move(*question));
    }
  }
  questions_.clear();
  if (!others.empty()) owner_.handed_back(std::move(others));
  const std::uint32_t file = read_number(progress_->file);
  const bool is_known = !was_loaded_ && file > 0 && file <= files_.size();
  owner_.failed(*this, why, is_known ? std::optional<std::size_t>(file - 1) : std::nullopt);
}

}  // namespace headway::authority
