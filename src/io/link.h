// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "io/blocks.h"
#include "io/send_queue.h"

namespace headway::io {

/// One end of the private socket between two processes of ours: whole frames in both directions,
/// and descriptors. Knows nothing of what they say. Non-blocking; the owner
/// watches socket() for reading, and for writing while wants_write().
class Link {
 public:
  /// Unsent bytes beyond which a log entry is not worth its memory.
  static constexpr std::size_t backlog_bytes_max = 1 << 20;
  /// Unread answers beyond which the other end is not one to wait for.
  static constexpr std::size_t unread_bytes_max = 64 << 20;

  /// `frame_bytes_max` is the longest frame that this end takes.
  Link(Fd socket, std::size_t frame_bytes_max);

  [[nodiscard]] int socket() const { return socket_.get(); }

  /// Queues a frame; the descriptors, at most fds_per_send_max, go with it.
  void send(std::string_view frame, std::vector<Fd> fds = {});
  /// Sends what the socket takes. False: the other end is gone.
  bool flush();
  [[nodiscard]] bool wants_write() const { return !output_.empty(); }
  [[nodiscard]] bool has_backlog() const { return output_.bytes() > backlog_bytes_max; }
  [[nodiscard]] bool is_unread() const { return output_.bytes() > unread_bytes_max; }

  /// Reads once. False: the other end is gone, or sent what no honest one sends.
  bool receive();
  /// The next whole frame; none: not here yet.
  std::optional<std::string> next();
  /// Descriptors that came with frames so far.
  std::vector<Fd> take_fds() { return std::move(fds_); }

 private:
  Fd socket_;
  std::size_t frame_bytes_max_;
  std::unique_ptr<BlockPool> pool_;
  SendQueue output_;
  std::string input_;
  std::size_t taken_ = 0;  // of input_
  std::vector<Fd> fds_;
};

}  // namespace headway::io
