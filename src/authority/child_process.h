// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "io/error.h"

namespace headway::authority {

/// A process of ours, in a session and process group of its own. When this goes, so does the
/// process with all of its group.
class ChildProcess {
 public:
  struct Plan {
    std::vector<std::string> arguments;    // the program first; found by PATH
    std::vector<std::string> environment;  // "NAME=value"
    int input = -1;                        // its stdin; none: reads nothing
    int output = -1;                       // its stdout; none: says nothing
    std::function<int()> instead;          // of a program: the process ends with what it returns
  };
  /// It ends with this status if it cannot execute what it should.
  static constexpr int not_executed = 127;

  /// Does not wait until it executes. It has no other descriptors of ours; stderr is /dev/null.
  [[nodiscard]] static io::Result<ChildProcess> start(const Plan& plan);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess() { end(); }

  /// Readable when it has ended.
  [[nodiscard]] int fd() const { return process_.get(); }
  /// As waitpid() tells; none: it has not ended. What it has started may go on.
  [[nodiscard]] std::optional<int> status() const;
  /// How much it has computed so far; nothing after its end.
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const;
  /// Kills it and its group, and waits; the status.
  int end();

 private:
  ChildProcess(pid_t pid, Fd process) : pid_(pid), process_(std::move(process)) {}

  pid_t pid_ = 0;  // 0: there is none any more, or it was waited for
  Fd process_;     // pidfd
  int status_ = 0;
};

}  // namespace headway::authority
