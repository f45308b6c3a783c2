// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "authority/child_process.h"
#include "authority/script_engine.h"
#include "authority/watch.h"
#include "headway/loop.h"

namespace headway::authority {

/// Something that a script waits for: another process does it, so that nobody else waits. When this
/// goes, so does the process.
class Job {
 public:
  static constexpr std::size_t output_bytes_max = 256 << 10;
  using Done = std::function<void(ScriptHost::Output)>;

  /// A program, found by PATH: what it writes to stdout, if it ends well. It reads nothing.
  static ChildProcess::Plan program(std::vector<std::string> arguments);
  /// What the name service says: succeeds for a member.
  static ChildProcess::Plan netgroup(std::string user, std::string netgroup);

  /// Calls `done` once, from the loop: when the process has ended, or after `time_max`.
  Job(loop& runner, ChildProcess::Plan plan, loop::time_point::duration time_max, Done done);

 private:
  bool read();
  void readable();
  void ended();
  void finish_too_long();
  void finish(ScriptHost::Output output);

  std::string text_;
  Fd pipe_;
  std::optional<ChildProcess> process_;
  Done done_;
  loop::time_point due_;
  loop& loop_;
  Watch readable_;
  Watch end_;
};

}  // namespace headway::authority
