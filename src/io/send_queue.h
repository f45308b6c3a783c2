// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/fd.h"
#include "io/blocks.h"

namespace headway::io {

/// One message to send. Its head is copied; so is its body unless it is shared.
struct Outgoing {
  Bytes head;
  Bytes body;
  std::span<const Fd> fds = {};  // travel with the first byte; kept by `owner`
  std::shared_ptr<const void> owner = {};
  bool share_body = false;  // `owner` keeps the body: send it from where it lies
};

/// What waits for a stream socket to take it. Small messages are written one behind the other into
/// blocks of a pool, large bodies are kept by reference, and an empty queue holds no memory.
///
/// Descriptors go out in a sendmsg that begins with their own message's first byte and carries no
/// other descriptors, so that no receiver can mistake whose they are (WIRE-054, CVE-2014-3533).
/// The bound is the owner's: it knows how much it pushes. Cost: push is a copy of what is not
/// shared; nothing is allocated while the pool has blocks.
class SendQueue {
 public:
  static constexpr std::size_t parts_max = 64;  // iovecs in one sendmsg
  static constexpr int sends_max = 16;          // sendmsg calls in one flush

  SendQueue() = default;
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;
  ~SendQueue() { discard(); }

  void push(const Outgoing& message, BlockPool& pool);

  struct Flushed {
    enum class Outcome : std::uint8_t {
      drained,  // the queue is empty
      more,     // enough for this turn, the socket would take more
      blocked,  // the socket takes no more now
      failed    // it will never take anything again
    };
    Outcome outcome = Outcome::drained;
    std::size_t bytes = 0;      // that left the queue: sent or dropped
    std::uint32_t fds = 0;      // likewise
    std::uint32_t dropped = 0;  // messages that the kernel would not pass (ETOOMANYREFS)
    int error = 0;              // for Outcome::failed
  };

  /// Sends at most about `bytes_limit`, without waiting.
  [[nodiscard]] Flushed flush(int socket, std::size_t bytes_limit);

  /// Empties the queue; says what was in it.
  Flushed discard();

  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Chunk;
  struct Gathered;

  void append(Bytes bytes, BlockPool& pool);
  void append_to_tail(Bytes head, Bytes body);
  void share(Bytes bytes, std::shared_ptr<const void> owner, BlockPool& pool);
  Chunk& add_chunk(std::size_t capacity, BlockPool& pool);
  void remove_chunk();
  std::size_t gather(Gathered& into, std::size_t bytes_limit);
  void consume(std::size_t bytes, Flushed& result);

  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace headway::io
