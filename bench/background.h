// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <utility>

namespace bench {

/// A step that is repeated on a thread of its own until stop().
class Background {
 public:
  /// Does a piece of the work and says how many messages that was.
  using Step = std::function<std::uint64_t()>;

  /// Who gets a core first where there are too few: load that is last in line keeps hubs busy but
  /// does not keep a core from them or from whom it disturbs, so that what is timed is the hub's
  /// doing and not the scheduler's.
  enum class Rank { equal, last };

  Background(Rank rank, Step step)
      : total_(std::async(std::launch::async, [this, rank, step = std::move(step)] {
          constexpr sched_param none{};
          if (rank == Rank::last) sched_setscheduler(0, SCHED_IDLE, &none);
          std::uint64_t sum = 0;
          while (!stopped_.load(std::memory_order_relaxed)) sum += step();
          return sum;
        })) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { stopped_ = true; }

  /// The messages of all steps. Throws what the step threw.
  std::uint64_t stop() {
    stopped_ = true;
    return total_.get();
  }

 private:
  std::atomic<bool> stopped_{false};
  std::future<std::uint64_t> total_;  // the last member: waits for the thread before the others go
};

}  // namespace bench
