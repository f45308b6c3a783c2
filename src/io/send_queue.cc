// SPDX-License-Identifier: MIT
#include "io/send_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.h"
#include "io/receive.h"

namespace headway::io {

/// A run of bytes in the queue. It lies at the start of its own block; copied bytes follow it
/// there, shared ones are elsewhere. Descriptors belong to its first byte.
struct SendQueue::Chunk {
  explicit Chunk(Block block) : memory(std::move(block)) {}

  Block memory;
  Chunk* next = nullptr;
  const std::uint8_t* begin = nullptr;  // unsent
  std::uint8_t* end = nullptr;
  const std::uint8_t* limit = nullptr;  // how far copied bytes may reach; `end` of shared ones
  std::shared_ptr<const void> owner;
  std::span<const Fd> fds;
  std::size_t message_bytes = 0;  // of the message that `fds` belong to

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end - begin); }
  [[nodiscard]] std::size_t room() const { return static_cast<std::size_t>(limit - end); }
};

namespace {

constexpr std::size_t chunk_bytes_min = 1024;
constexpr std::size_t chunk_bytes_max = BlockPool::small_bytes_max;

}  // namespace

struct SendQueue::Gathered {
  std::array<iovec, parts_max> parts;
  std::size_t count = 0;
  std::size_t bytes = 0;
};

SendQueue::Chunk& SendQueue::add_chunk(std::size_t capacity, BlockPool& pool) {
  Block block = pool.take(capacity + sizeof(Chunk));
  std::uint8_t* const memory = block.data();
  const std::size_t size = block.size();
  auto* const chunk = new (memory) Chunk(std::move(block));
  chunk->begin = chunk->end = memory + sizeof(Chunk);
  chunk->limit = memory + size;
  (tail_ != nullptr ? tail_->next : head_) = chunk;
  tail_ = chunk;
  return *chunk;
}

void SendQueue::remove_chunk() {
  Chunk* const removed = head_;
  head_ = removed->next;
  if (head_ == nullptr) tail_ = nullptr;
  const Block memory = std::move(removed->memory);
  removed->~Chunk();
}

/// What push() mostly does.
void SendQueue::append_to_tail(Bytes head, Bytes body) {
  std::memcpy(tail_->end, head.data(), head.size());
  std::uint8_t* const end = tail_->end + head.size();
  if (!body.empty()) std::memcpy(end, body.data(), body.size());
  tail_->end = end + body.size();
  bytes_ += head.size() + body.size();
}

void SendQueue::append(Bytes bytes, BlockPool& pool) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (tail_ == nullptr || tail_->room() == 0) {
      // Twice the one before, so that a long queue is few pieces and a short one little memory.
      const std::size_t last = tail_ != nullptr ? tail_->memory.size() : chunk_bytes_min / 2;
      const std::size_t wanted = std::max(2 * last, bytes.size() + sizeof(Chunk));
      add_chunk(std::clamp(wanted, chunk_bytes_min, chunk_bytes_max) - sizeof(Chunk), pool);
    }
    const std::size_t count = std::min(bytes.size(), tail_->room());
    std::memcpy(tail_->end, bytes.data(), count);
    tail_->end += count;
    bytes = bytes.subspan(count);
  }
}

void SendQueue::share(Bytes bytes, std::shared_ptr<const void> owner, BlockPool& pool) {
  Chunk& chunk = add_chunk(0, pool);
  bytes_ += bytes.size();
  chunk.begin = bytes.data();
  chunk.end = const_cast<std::uint8_t*>(bytes.data() + bytes.size());  // never written to
  chunk.limit = chunk.end;
  chunk.owner = std::move(owner);
}

void SendQueue::push(const Outgoing& message, BlockPool& pool) {
  if (!message.fds.empty()) {
    HEADWAY_ASSERT(message.fds.size() <= fds_per_send_max && !message.head.empty());
    const std::size_t copied = message.head.size() + (message.share_body ? 0 : message.body.size());
    Chunk& chunk =
        add_chunk(std::min(copied + sizeof(Chunk), chunk_bytes_max) - sizeof(Chunk), pool);
    chunk.fds = message.fds;
    chunk.owner = message.owner;
    chunk.message_bytes = message.head.size() + message.body.size();
  }
  const std::size_t whole = message.head.size() + message.body.size();
  if (!message.share_body && tail_ == nullptr && whole + sizeof(Chunk) <= chunk_bytes_max) {
    add_chunk(std::max(whole + sizeof(Chunk), chunk_bytes_min) - sizeof(Chunk), pool);
  }
  if (!message.share_body && tail_ != nullptr && tail_->room() >= whole) {
    return append_to_tail(message.head, message.body);
  }
  append(message.head, pool);
  if (message.body.empty()) return;
  if (message.share_body) {
    share(message.body, message.owner, pool);
  } else {
    append(message.body, pool);
  }
}

std::size_t SendQueue::gather(Gathered& into, std::size_t bytes_limit) {
  for (Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) {
    if (chunk != head_ && !chunk->fds.empty()) break;
    if (into.count == parts_max || into.bytes >= bytes_limit) break;
    const std::size_t size = std::min(chunk->size(), bytes_limit - into.bytes);
    into.parts[into.count++] = {const_cast<std::uint8_t*>(chunk->begin), size};
    into.bytes += size;
  }
  return into.bytes;
}

void SendQueue::consume(std::size_t bytes, Flushed& result) {
  result.bytes += bytes;
  bytes_ -= bytes;
  while (bytes > 0) {
    Chunk& chunk = *head_;
    result.fds += static_cast<std::uint32_t>(chunk.fds.size());
    chunk.fds = {};
    const std::size_t count = std::min(bytes, chunk.size());
    chunk.begin += count;
    bytes -= count;
    if (chunk.size() == 0) remove_chunk();
  }
}

SendQueue::Flushed SendQueue::flush(int socket, std::size_t bytes_limit) {
  Flushed result;
  for (int sends = 0; head_ != nullptr; ++sends) {
    if (sends == sends_max || result.bytes >= bytes_limit) {
      result.outcome = Flushed::Outcome::more;
      return result;
    }
    Gathered gathered;
    gather(gathered, bytes_limit - result.bytes);
    msghdr header{};
    header.msg_iov = gathered.parts.data();
    header.msg_iovlen = gathered.count;
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(fds_per_send_max * sizeof(int))];
    if (const auto fds = head_->fds; !fds.empty()) [[unlikely]] {
      auto* const part = reinterpret_cast<cmsghdr*>(control);
      *part = {.cmsg_len = CMSG_LEN(fds.size_bytes()),
               .cmsg_level = SOL_SOCKET,
               .cmsg_type = SCM_RIGHTS};
      static_assert(sizeof(Fd) == sizeof(int));
      std::memcpy(CMSG_DATA(part), fds.data(), fds.size_bytes());
      header.msg_control = control;
      header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    }

    // The usual case, one part and no descriptors, has a cheaper call.
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const iovec& first = gathered.parts[0];
    const ssize_t sent = gathered.count == 1 && header.msg_control == nullptr
                             ? ::send(socket, first.iov_base, first.iov_len, flags)
                             : ::sendmsg(socket, &header, flags);
    if (sent >= 0) {
      consume(static_cast<std::size_t>(sent), result);
      if (static_cast<std::size_t>(sent) == gathered.bytes) continue;
      result.outcome = Flushed::Outcome::blocked;
      return result;
    }
    if (errno == EINTR) continue;
    if (errno == ETOOMANYREFS && !head_->fds.empty()) {
      // Its user has too many descriptors on their way already: this message is lost, and no more.
      ++result.dropped;
      consume(head_->message_bytes, result);
      continue;
    }
    const bool full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
    result.outcome = full ? Flushed::Outcome::blocked : Flushed::Outcome::failed;
    result.error = full ? 0 : errno;
    return result;
  }
  return result;
}

SendQueue::Flushed SendQueue::discard() {
  Flushed result;
  consume(bytes_, result);
  return result;
}

}  // namespace headway::io
