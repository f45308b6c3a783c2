// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "io/loop.h"
#include "launch/output.h"
#include "launch/program.h"

namespace headway::launch {

/// Executes programs and finds out how they end (ACT-023, ACT-024). One descriptor for the caller's
/// loop; nothing here waits for a program. When this goes, it kills
/// the programs whose services have not come, for nobody waits for them any more; others go on.
///
/// A program gets none of our descriptors but stdout and stderr or what takes their place, reads
/// nothing from stdin, and has the signal dispositions, the descriptor limit and at most the
/// protection from the out-of-memory killer that any program has (PROC-004, PROC-006).
class Starter {
 public:
  /// `descriptors` is the limit (RLIMIT_NOFILE) that programs get.
  [[nodiscard]] static io::Result<Starter> create(const rlimit& descriptors);
  ~Starter();
  Starter(Starter&&) = default;
  Starter& operator=(Starter&&) = default;

  /// Readable when collect() has something to do.
  [[nodiscard]] int fd() const { return loop_.fd(); }

  /// Makes a process for it, and does not wait until it executes: that this fails is told by
  /// collect(). Cost: a fork, and two descriptors until the process ends.
  [[nodiscard]] std::expected<void, Failure> start(const Program& program,
                                                   const Output& output = {});

  /// Programs that have failed since the last call. Those that ended well are forgotten in silence,
  /// because their service may still appear.
  [[nodiscard]] std::vector<Failure> collect();

  /// The service is there: how its program ends is of no interest any more.
  void release(std::string_view service);
  /// Nobody waits for the service any more: kills its program, in silence. One that a helper has
  /// started as somebody else may be out of our reach.
  void kill(std::string_view service);

  /// Processes that have not ended, those of released services too.
  [[nodiscard]] std::size_t children() const { return children_.size(); }

 private:
  struct Child {
    Fd process;  // pidfd
    Fd error;    // says errno if it cannot execute; none: nobody is interested
    Program program;
    bool forgotten = false;
  };

  Starter(io::Loop loop, const rlimit& descriptors)
      : loop_(std::move(loop)), descriptors_(descriptors) {}

  io::Loop loop_;  // a part of the caller's
  rlimit descriptors_;
  std::map<std::uint64_t, Child> children_;  // by tag
  std::uint64_t next_tag_ = 0;
};

}  // namespace headway::launch
