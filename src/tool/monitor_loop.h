// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "headway/connection.h"
#include "tool/verb.h"
#include "tool/wall_time.h"

/// What monitors have in common: messages come in, text or bytes go out.
namespace headway::tool {

/// Collects what is printed, so that many messages are one write.
class BatchWriter {
 public:
  explicit BatchWriter(int fd) : fd_(fd) {}

  [[nodiscard]] std::string& text() { return text_; }
  [[nodiscard]] bool is_full() const { return text_.size() >= batch_bytes; }
  [[nodiscard]] int fd() const { return fd_; }
  void set_fd(int fd) { fd_ = fd; }
  /// Writes all of it. False: errno says why it could not.
  [[nodiscard]] bool write();

 private:
  static constexpr std::size_t batch_bytes = std::size_t{1} << 16;

  int fd_;
  std::string text_;  // not written yet
};

/// Who shows what a monitor sees.
class MessageSink {
 public:
  virtual void take(const message& what, WallTime when) = 0;
  /// It has seen enough.
  [[nodiscard]] virtual bool is_done() const { return false; }

 protected:
  ~MessageSink() = default;
};

enum class MonitorEnd : std::uint8_t {
  disconnected,  // by the bus
  done,          // or the time is over
  unread,        // nobody reads what is written any more
  unwritable,    // errno says why
};

/// Shows what comes until there is nothing more to show; writes whenever nothing waits to be shown.
[[nodiscard]] MonitorEnd run_monitor(
    const connection& bus, MessageSink& sink, BatchWriter& to,
    std::optional<std::chrono::steady_clock::time_point> deadline = {});

/// How a verb ends that ended so. `file` is where it wrote: "to stdout"; `loss` says why the bus
/// has ended the connection.
[[nodiscard]] Outcome<int> exit_of(MonitorEnd end, std::string_view file,
                                   const std::function<Failure()>& loss);

}  // namespace headway::tool
