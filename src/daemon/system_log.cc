// SPDX-License-Identifier: MIT
#include "daemon/system_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "io/datagram.h"

namespace headway::daemon {
namespace {

std::tm local_time() {
  const std::time_t seconds = std::time(nullptr);
  std::tm result{};
  ::localtime_r(&seconds, &result);
  return result;
}

}  // namespace

SystemLog::Outcome SystemLog::send(const Kept& kept) {
  if (!socket_) {
    auto socket = io::datagram_socket();
    if (!socket) return Outcome::lost;
    socket_ = std::move(*socket);
  }
  const auto to = [&](const std::string& path, const std::string& datagram) {
    return io::send_datagram(socket_, path, datagram, io::WhenFull::fail);
  };
  auto sent = to(paths_.journal, journal_datagram(kept.entry, kept.origin));
  if (sent) return Outcome::by_journal;
  if (sent.error().number == EAGAIN) return Outcome::kept;
  sent = to(paths_.syslog, syslog_datagram(kept.entry, kept.origin, kept.when));
  if (sent) return Outcome::by_syslog;
  return sent.error().number == EAGAIN ? Outcome::kept : Outcome::lost;
}

SystemLog::Outcome SystemLog::write(const broker::LogEntry& entry, const LogOrigin& origin,
                                    Time now) {
  Kept one{.entry = entry, .origin = origin, .when = local_time()};
  Outcome outcome = Outcome::kept;
  if (kept_.empty() && (lost_ == 0 || report_lost(one))) outcome = send(one);
  if (outcome == Outcome::kept && kept_.size() == kept_max) outcome = Outcome::lost;
  if (outcome == Outcome::lost) ++lost_;
  if (outcome == Outcome::kept) {
    if (kept_.empty()) wait(now);
    kept_.push_back(std::move(one));
  }
  return outcome;
}

/// False: whoever listens takes nothing at the moment.
bool SystemLog::report_lost(const Kept& like) {
  Kept report = like;
  report.entry = {.kind = broker::LogKind::entries_dropped,
                  .text = fmt::format("{} entries could not be written", lost_),
                  .fields = {{broker::LogField::count, std::to_string(lost_)}}};
  const Outcome outcome = send(report);
  if (outcome == Outcome::by_journal || outcome == Outcome::by_syslog) lost_ = 0;
  return outcome != Outcome::kept;
}

void SystemLog::wait(Time now) {
  retry_at_ = now + retry_delay_;
  retry_delay_ = std::min(retry_delay_ * 2, retry_last);
}

void SystemLog::advance(Time now) {
  if (kept_.empty() || now < retry_at_) return;
  while (!kept_.empty()) {
    const Outcome outcome = send(kept_.front());
    if (outcome == Outcome::kept) return wait(now);
    if (outcome == Outcome::lost) ++lost_;
    kept_.pop_front();
    retry_delay_ = retry_first;  // it reads, if not everything at once
  }
}

std::optional<Time> SystemLog::next_deadline() const {
  return kept_.empty() ? std::nullopt : std::optional(retry_at_);
}

}  // namespace headway::daemon
