// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// What a row says, by name; a name ends with its unit.
using Figures = std::vector<std::pair<std::string, double>>;

/// The process under measurement, with all its descendants: a bus may be a supervisor and a broker.
class Hub {
 public:
  explicit Hub(pid_t pid) : root_(pid) {}

  /// Looks the descendants up; to be called once the bus answers, before anything is measured.
  void find_processes();

  /// Binds every thread of the hub, and the caller, to one core.
  void pin(int core) const;

  /// CPU time of all threads of all processes, from the scheduler's own accounts.
  [[nodiscard]] std::uint64_t cpu_ns() const;

  /// Proportional set size of all processes, in KiB.
  [[nodiscard]] std::uint64_t pss_kib() const;

  /// The largest proportional set size since forget_peak(), as far as the kernel's high-water mark
  /// of resident pages tells: nothing has to look while the load runs.
  [[nodiscard]] std::uint64_t peak_pss_kib() const;
  void forget_peak() const;

 private:
  pid_t root_;
  std::vector<pid_t> pids_;
};

/// Adds up what the hub spent between start() and stop(). Both wait a moment first, so that the hub
/// is asleep and its accounts are settled.
class Meter {
 public:
  explicit Meter(const Hub& hub) : hub_(hub) {}
  void start();
  void stop();
  void reset() { cpu_ns_ = wall_ns_ = 0; }

  [[nodiscard]] std::uint64_t cpu_ns() const { return cpu_ns_; }
  [[nodiscard]] std::uint64_t wall_ns() const { return wall_ns_; }

 private:
  const Hub& hub_;
  std::uint64_t cpu_began_ns_ = 0;
  std::uint64_t wall_began_ns_ = 0;
  std::uint64_t cpu_ns_ = 0;
  std::uint64_t wall_ns_ = 0;
};

/// What a load makes of the hub's memory: how much it grows, and how much of that it keeps.
class MemoryWatch {
 public:
  MemoryWatch(const Hub& hub, int rest_ms);

  /// To be called when the load is over: appends by how many KiB the hub grew at its peak to what
  /// the row has found, and what it keeps of that after a rest, if it is to have one. A hub that
  /// grew a lot has all of the rest to shrink; it ends early when the hub has.
  [[nodiscard]] Figures add_to(Figures figures) const;

 private:
  const Hub& hub_;
  int rest_ms_;
  std::uint64_t before_kib_;
};

}  // namespace bench
