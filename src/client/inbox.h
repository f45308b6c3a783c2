// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "headway/message.h"
#include "wire/header_memo.h"

namespace headway::client {

/// Where bytes arrive and become messages. Small messages are copied out of the buffer, because a
/// message may live long and the buffer is large; one above `direct_bytes_min` is read to where it
/// stays. Descriptors are handed out in the order they came, each message as many as it declares.
///
///     receive into inbox.room(); inbox.arrived(bytes, fds);
///     while (message next = *inbox.next()) ...
///
/// Every message is checked whole, whoever sent it: a bus checks what it relays, but not every peer
/// is a bus. A header that was seen lately need not be checked again.
/// Cost: nothing is allocated for a small message once earlier ones are held by nobody any more.
class Inbox {
 public:
  static constexpr std::size_t buffer_bytes = 64 * 1024;
  static constexpr std::size_t direct_bytes_min = 16 * 1024;
  static constexpr std::size_t fds_max = 1024;  // waiting for their message

  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox();
  void swap(Inbox& other) noexcept;

  /// Where to read the next bytes into.
  [[nodiscard]] std::span<iovec> room();
  void arrived(std::size_t bytes, std::vector<Fd>& fds);

  /// Before the first next(): bytes at the front that are no messages.
  [[nodiscard]] Bytes window() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void skip(std::size_t bytes) { begin_ += bytes; }
  /// Descriptors came whose message did not.
  [[nodiscard]] bool has_fds() const { return !fds_.empty(); }

  /// The next whole message; none when the rest is incomplete. An error, one line for a person,
  /// means that the other side does not speak D-Bus: nothing more can be read.
  [[nodiscard]] std::expected<message, const char*> next();

 private:
  using Data = detail::message_data;

  std::expected<message, const char*> finish(Data* data, std::size_t bytes);

  std::unique_ptr<std::uint8_t[]> buffer_;  // none before the first read
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Data* partial_ = nullptr;  // a large message under way
  std::size_t partial_total_ = 0;
  std::size_t partial_have_ = 0;
  std::array<iovec, 2> parts_{};
  std::vector<Fd> fds_;  // of messages not yet complete
  wire::SmallHeaderMemo memo_;
};

}  // namespace headway::client
