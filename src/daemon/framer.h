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
#include "broker/effects.h"
#include "daemon/payload.h"
#include "io/blocks.h"
#include "wire/header_memo.h"
#include "wire/message.h"

namespace headway::daemon {

/// One message cut from a stream, with what came beside it. A view: holds until the next one.
struct Cut {
  wire::Message message;
  std::shared_ptr<const ReceivedPayload> payload;  // null: no descriptors and no memory of its own
};

/// Where all peers' bytes arrive, one peer at a time. Between two peers there is nothing in it: the
/// framers keep what is incomplete.
class InputBuffer {
 public:
  /// How much one peer may have the bus do before it is the next one's turn: some hundred small
  /// messages. More saves nothing that can be measured, and makes those wait who are beside a
  /// flood.
  static constexpr std::size_t size = 16 * 1024;

  explicit InputBuffer(io::BlockPool& pool);

 private:
  friend class Framer;
  io::BlockPool& pool_;
  std::unique_ptr<std::uint8_t[]> data_;
  std::array<iovec, 2> parts_{};
  Bytes window_;           // arrived and not yet cut
  std::vector<Fd> fresh_;  // arrived with the last read, belonging to nobody yet
  io::Block current_;      // keeps the message that was cut last
  wire::HeaderMemo memo_;  // of all peers
  Cut cut_;
};

/// Cuts one peer's stream into messages. Small ones are parsed where they arrived; the tail of a
/// read waits in memory of its own, which a message larger than `shared_bytes_min` keeps, so that
/// its body is never copied again.
///
///     receive into framer.room(buffer); framer.arrived(buffer, bytes, fds);
///     while (const Cut* cut = TRY(framer.next(buffer, bounds))) ...
///
/// Descriptors (WIRE-053 .. WIRE-059). The kernel hands them over with some byte of the read they
/// came with, and does not say which; a client sends them with the first byte of their message. So
/// the descriptors of one read belong to the first message that ends after the read began, declares
/// more descriptors than came with earlier reads, and began before the read ended. It takes as many
/// as it declares; the others are closed when it ends, as are those that no message claims.
///
/// Cost: parsing, one copy of each incomplete tail, one allocation for each message that carries
/// descriptors or is kept; nothing otherwise. An idle peer has at most 15 bytes here.
class Framer {
 public:
  static constexpr std::size_t shared_bytes_min = 32 * 1024;

  struct Bounds {
    std::size_t message_bytes_max = 0;  // max_message_size
    std::size_t fds_max = 0;            // max_message_unix_fds: of one message
  };
  struct Problem {
    broker::Disconnect reason;
    const char* text;
  };

  /// Where to read the next bytes into.
  [[nodiscard]] std::span<iovec> room(InputBuffer& buffer);
  /// What was read there.
  void arrived(InputBuffer& buffer, std::size_t bytes, std::vector<Fd> fds);
  /// Instead of both: bytes that lie elsewhere, at most InputBuffer::size.
  void put(InputBuffer& buffer, Bytes bytes);
  /// Before the first next(): bytes at the front that are no messages.
  [[nodiscard]] Bytes window(const InputBuffer& buffer) const { return buffer.window_; }
  void skip(InputBuffer& buffer, std::size_t bytes);
  [[nodiscard]] bool has_fresh_fds(const InputBuffer& buffer) const {
    return !buffer.fresh_.empty();
  }
  /// Forgets the rest of what arrived, for a peer that is gone.
  static void abandon(InputBuffer& buffer);

  /// The next whole message; null when the rest is incomplete and has been put away.
  [[nodiscard]] std::expected<const Cut*, Problem> next(InputBuffer& buffer, const Bounds& bounds);

  /// Half a message with descriptors is waiting for the rest (RES-019).
  [[nodiscard]] bool holds_fds() const { return !held_.empty(); }

 private:
  std::expected<Bytes, Problem> cut_bytes(InputBuffer& buffer, const Bounds& bounds);
  std::expected<void, Problem> put_away(InputBuffer& buffer, const Bounds& bounds);
  std::expected<std::vector<Fd>, Problem> claim_fds(InputBuffer& buffer, std::size_t count);

  io::Block partial_;        // the message that is under way, if at least its prologue came
  std::uint32_t total_ = 0;  // its bytes; 0: none under way
  std::uint32_t have_ = 0;   // of which this many came; or bytes in prologue_
  std::array<std::uint8_t, wire::prologue_bytes> prologue_{};
  std::vector<Fd> held_;  // arrived with the message that is under way
};

}  // namespace headway::daemon
