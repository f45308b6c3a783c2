// SPDX-License-Identifier: MIT
#include "daemon/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "daemon/facts.h"

namespace headway::daemon {
namespace {

bool can_write(int fd) {
  pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLOUT) != 0;
}

/// What a process is called says more than its number; the broker process cannot find out.
broker::LogEntry with_process_names(broker::LogEntry entry) {
  std::vector<std::pair<broker::LogField, std::string>> found;
  for (const auto& [field, text] : entry.fields) {
    const bool is_sender = field == broker::LogField::sender_pid;
    if (!is_sender && field != broker::LogField::receiver_pid) continue;
    std::string name = process_name(text);
    if (name.empty()) continue;
    entry.text += fmt::format(", {} comm=\"{}\"", is_sender ? "sender" : "receiver", name);
    found.emplace_back(is_sender ? broker::LogField::sender_comm : broker::LogField::receiver_comm,
                       std::move(name));
  }
  for (auto& one : found) entry.fields.push_back(std::move(one));
  return entry;
}

}  // namespace

LogTargets log_targets(CommandLine::Syslog option, bool configured) {
  switch (option) {
    case CommandLine::Syslog::as_configured:
      return {.to_stderr = true, .to_system = configured};
    case CommandLine::Syslog::both:
      return {.to_stderr = true, .to_system = true};
    case CommandLine::Syslog::only:
      return {.to_stderr = false, .to_system = true};
    case CommandLine::Syslog::none:
      return {.to_stderr = true, .to_system = false};
  }
  return {};
}

bool is_stderr_in_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat here{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &here) < 0) return false;
  return fmt::format("{}:{}", here.st_dev, here.st_ino) == stream;
}

Log::Log(LogOrigin origin, LogTargets targets, SystemLog system)
    : origin_(std::move(origin)),
      targets_(targets),
      stderr_in_journal_(is_stderr_in_journal()),
      system_(std::move(system)) {}

Log::~Log() {
  put(filter_.finish(), {});
  system_.advance(Time::max());
}

void Log::write(broker::LogEntry entry, Time now) { put(filter_.take(std::move(entry), now), now); }

void Log::advance(Time now) {
  system_.advance(now);
  put(filter_.due(now), now);
}

void Log::put(const LogFilter::Entries& entries, Time now) {
  for (const broker::LogEntry& one : entries) {
    const broker::LogEntry entry = with_process_names(one);
    bool is_in_journal = false;
    if (targets_.to_system) {
      is_in_journal = system_.write(entry, origin_, now) == SystemLog::Outcome::by_journal;
    }
    if (targets_.to_stderr && !(is_in_journal && stderr_in_journal_)) put_on_stderr(entry.text);
  }
}

void Log::put_on_stderr(const std::string& text) {
  if (!can_write(STDERR_FILENO)) {
    ++lost_;
    return;
  }
  std::string lines;
  if (lost_ > 0) {
    lines =
        fmt::format("{}{} entries could not be written\n", origin_.prefix, std::exchange(lost_, 0));
  }
  lines += fmt::format("{}{}\n", origin_.prefix, text);
  static_cast<void>(!::write(STDERR_FILENO, lines.data(), lines.size()));
}

}  // namespace headway::daemon
