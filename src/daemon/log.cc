// SPDX-License-Identifier: MIT
#include "daemon/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace headway::daemon {
namespace {

/// A line that cannot be taken for two, nor for a terminal's instructions.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, LogFilter::line_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  if (text.size() > LogFilter::line_bytes_max) line += " ...";
  return line;
}

bool can_write(int fd) {
  pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLOUT) != 0;
}

}  // namespace

void LogFilter::refill(Time now) {
  const double seconds = std::chrono::duration<double>(now - refilled_).count();
  tokens_ = std::min<double>(burst_lines, tokens_ + seconds * lines_per_second);
  refilled_ = now;
}

void LogFilter::end_fold(std::vector<std::string>& lines) {
  if (repeats_ > 0) lines.push_back(fmt::format("{} (repeated {} times)", last_, repeats_));
  repeats_ = 0;
}

std::vector<std::string> LogFilter::take(std::string_view text, Time now) {
  std::string line = one_line(text);
  std::vector<std::string> lines = due(now);
  if (line == last_ && now < last_written_ + fold_for) {
    ++repeats_;
    return lines;
  }
  end_fold(lines);
  refill(now);
  if (tokens_ < 1) {
    ++suppressed_;
    return lines;
  }
  tokens_ -= 1;
  if (suppressed_ > 0 && tokens_ >= lines_per_second) {
    lines.push_back(
        fmt::format("{} lines were too many and not written", std::exchange(suppressed_, 0)));
  }
  lines.push_back(line);
  last_ = std::move(line);
  last_written_ = now;
  return lines;
}

std::vector<std::string> LogFilter::due(Time now) {
  std::vector<std::string> lines;
  const auto deadline = next_deadline();
  if (!deadline || now < *deadline) return lines;
  return finish();
}

std::vector<std::string> LogFilter::finish() {
  std::vector<std::string> lines;
  end_fold(lines);
  last_.clear();
  if (suppressed_ > 0) {
    lines.push_back(
        fmt::format("{} lines were too many and not written", std::exchange(suppressed_, 0)));
  }
  return lines;
}

std::optional<Time> LogFilter::next_deadline() const {
  if (repeats_ == 0 && suppressed_ == 0) return std::nullopt;
  return last_written_ + fold_for;
}

Log::~Log() { put(filter_.finish()); }

void Log::write(const broker::LogEntry& entry, Time now) { put(filter_.take(entry.text, now)); }

void Log::say(broker::Severity severity, std::string text, Time now) {
  write({.severity = severity, .text = std::move(text), .fields = {}}, now);
}

void Log::advance(Time now) { put(filter_.due(now)); }

void Log::put(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (!can_write(STDERR_FILENO)) {
      ++lost_;
      continue;
    }
    std::string text;
    if (lost_ > 0) {
      text = fmt::format("{}{} lines were lost\n", prefix_, std::exchange(lost_, 0));
    }
    text += fmt::format("{}{}\n", prefix_, line);
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
  }
}

}  // namespace headway::daemon
