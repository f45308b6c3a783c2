// SPDX-License-Identifier: MIT
#include "tool/monitor_loop.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace headway::tool {
namespace {

using Clock = std::chrono::steady_clock;

/// Sleeps until the bus says something or the time is over. False: nobody reads what is written, so
/// there is nothing to wait for.
bool sleep(const connection& bus, int out, std::optional<Clock::time_point> deadline) {
  std::array what{pollfd{bus.fd(), POLLIN, 0}, pollfd{out, 0, 0}};
  timespec left{};
  if (deadline) {
    const auto rest = std::max(*deadline - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
    left = {.tv_sec = seconds.count(), .tv_nsec = (rest - seconds).count()};
  }
  ::ppoll(what.data(), what.size(), deadline ? &left : nullptr, nullptr);
  return (what[1].revents & (POLLERR | POLLHUP)) == 0;
}

}  // namespace

bool BatchWriter::write() {
  for (std::string_view rest = text_; !rest.empty();) {
    const ssize_t wrote = ::write(fd_, rest.data(), rest.size());
    if (wrote >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno != EINTR) {
      return false;
    }
  }
  text_.clear();
  return true;
}

MonitorEnd run_monitor(const connection& bus, MessageSink& sink, BatchWriter& to,
                       std::optional<Clock::time_point> deadline) {
  MonitorEnd end = MonitorEnd::done;
  const auto is_over = [&] { return sink.is_done() || (deadline && Clock::now() >= *deadline); };
  try {
    while (!is_over()) {
      while (const auto message = bus.next_message(std::chrono::nanoseconds::zero())) {
        sink.take(*message, std::chrono::system_clock::now());
        if (is_over()) break;
        if (to.is_full() && !to.write()) return MonitorEnd::unwritable;
      }
      if (!to.write()) return MonitorEnd::unwritable;
      if (!is_over() && !sleep(bus, to.fd(), deadline)) return MonitorEnd::unread;
    }
  } catch (const error& e) {
    if (!e.is(error_name::disconnected)) throw;
    end = MonitorEnd::disconnected;
  }
  return to.write() ? end : MonitorEnd::unwritable;
}

Outcome<int> exit_of(MonitorEnd end, std::string_view file, const std::function<Failure()>& loss) {
  switch (end) {
    case MonitorEnd::done:
    case MonitorEnd::unread:
      return exit_done;
    case MonitorEnd::disconnected:
      return std::unexpected(loss());
    case MonitorEnd::unwritable:
      return std::unexpected(
          Failure{exit_refused, fmt::format("cannot write {}: {}", file, std::strerror(errno))});
  }
  std::unreachable();
}

}  // namespace headway::tool
