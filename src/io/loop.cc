// SPDX-License-Identifier: MIT
#include "io/loop.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace headway::io {

Loop::Loop(Fd fd, Fd timer)
    : fd_(std::move(fd)),
      timer_(std::move(timer)),
      events_(std::make_unique<epoll_event[]>(events_max)) {}

Result<Loop> Loop::create() {
  Fd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return failure("epoll_create1");
  Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return failure("timerfd_create");
  const int timer_number = timer.get();
  Loop loop(std::move(fd), std::move(timer));
  if (auto added = loop.add(timer_number, EPOLLIN, timer_tag); !added) {
    return std::unexpected(added.error());
  }
  return loop;
}

Result<void> Loop::add(int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return failure("epoll_ctl");
  return {};
}

void Loop::change(int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  HEADWAY_ASSERT(::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void Loop::remove(int fd) {
  HEADWAY_ASSERT(::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0);
}

std::span<const epoll_event> Loop::wait(std::optional<Time> deadline) {
  if (deadline && (!timer_set_to_ || *deadline < *timer_set_to_)) set_timer(deadline);
  return wait_for(-1);
}

std::span<const epoll_event> Loop::poll() { return wait_for(0); }

void Loop::set_timer(std::optional<Time> time) {
  itimerspec setting{};  // all zero: never
  if (time) {
    // The same clock; a deadline of 0 or before would mean never.
    const auto since = std::max<Duration>(time->time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    setting.it_value = {.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
  }
  HEADWAY_ASSERT(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &setting, nullptr) == 0);
  timer_set_to_ = time;
}

std::span<const epoll_event> Loop::wait_for(int milliseconds) {
  const int ready = ::epoll_wait(fd_.get(), events_.get(), events_max, milliseconds);
  if (ready < 0) {
    HEADWAY_ASSERT(errno == EINTR);
    return {};
  }
  const std::span<epoll_event> events(events_.get(), static_cast<std::size_t>(ready));
  for (epoll_event& event : events) {
    if (event.data.u64 != timer_tag) continue;
    set_timer(std::nullopt);
    std::swap(event, events.back());
    return events.first(events.size() - 1);
  }
  return events;
}

}  // namespace headway::io
