// SPDX-License-Identifier: MIT
#include "io/loop.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "io/clock.h"

namespace headway::io {

Loop::Loop(Fd fd) : fd_(std::move(fd)), events_(std::make_unique<epoll_event[]>(events_max)) {}

Result<Loop> Loop::create() {
  Fd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return failure("epoll_create1");
  return Loop(std::move(fd));
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
  if (!deadline) return wait_for(-1);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now()).count();
  using Limits = std::numeric_limits<int>;
  return wait_for(static_cast<int>(std::clamp<long long>(left, 0, Limits::max())));
}

std::span<const epoll_event> Loop::poll() { return wait_for(0); }

std::span<const epoll_event> Loop::wait_for(int milliseconds) {
  const int ready = ::epoll_wait(fd_.get(), events_.get(), events_max, milliseconds);
  if (ready < 0) {
    HEADWAY_ASSERT(errno == EINTR);
    return {};
  }
  return {events_.get(), static_cast<std::size_t>(ready)};
}

}  // namespace headway::io
