// SPDX-License-Identifier: MIT
#include "machined/leader_watch.h"

#include "machined/process.h"

namespace headway::machined {

LeaderWatch::LeaderWatch(loop& runner, unique_fd pidfd, std::function<void()> on_end)
    : loop_(&runner), pidfd_(std::move(pidfd)), on_end_(std::move(on_end)) {
  loop_->watch(*this, pidfd_.get(), false);
}

LeaderWatch::~LeaderWatch() {
  if (loop_ != nullptr) loop_->forget(*this);
}

void LeaderWatch::ready() {
  if (!has_ended(pidfd_) || !on_end_) return;
  const auto told = std::exchange(on_end_, nullptr);
  told();
}

}  // namespace headway::machined
