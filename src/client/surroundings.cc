// SPDX-License-Identifier: MIT
#include "client/surroundings.h"

#include <poll.h>

#include <algorithm>

#include "io/clock.h"

namespace headway::client {
namespace {

class RealSurroundings final : public Surroundings {
 public:
  Time now() override { return io::now(); }

  void wait(int socket, bool to_write, std::optional<Time> deadline) override {
    pollfd wanted{.fd = socket, .events = POLLIN, .revents = 0};
    if (to_write) wanted.events |= POLLOUT;
    timespec limit{};
    if (deadline) {
      const auto left = std::max<Duration>(*deadline - now(), Duration(0));
      const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
      limit = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    }
    ::ppoll(&wanted, 1, deadline ? &limit : nullptr, nullptr);
  }

  [[nodiscard]] bool may_sleep_in_read() const override { return true; }
};

}  // namespace

Surroundings& real_surroundings() {
  static RealSurroundings world;
  return world;
}

}  // namespace headway::client
