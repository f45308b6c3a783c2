// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/fd.h"
#include "base/time.h"
#include "broker/ids.h"
#include "daemon/framer.h"
#include "daemon/login.h"
#include "daemon/payload.h"
#include "io/send_queue.h"

namespace headway::daemon {

/// One connection's socket and what is under way on it. Held by the server, which reads and writes;
/// the broker knows it by its id. An idle one has no buffers: this struct is what it costs here.
struct Peer {
  Peer(broker::PeerId peer_id, Fd peer_socket) : id(peer_id), socket(std::move(peer_socket)) {}

  broker::PeerId id;
  Fd socket;
  std::uint32_t events = 0;  // what the loop watches
  bool is_watched = false;   // by the loop at all
  bool fds_agreed = false;
  bool reading_paused = false;  // by the broker
  bool output_blocked = false;  // the kernel took less than there was
  bool output_closed = false;   // the other side reads no more; it may still have sent something
  bool is_touched = false;      // has something to be flushed at the end of the turn
  bool is_gone = false;         // disconnected in this turn, buried at its end
  std::uint32_t unreported_fds = 0;  // that left the queue, or never entered it any more
  std::size_t unreported_bytes = 0;  // likewise; the broker is told when the turn ends
  std::size_t login_bytes = 0;       // at the front of the queue, which the broker does not count
  Framer input;
  io::SendQueue output;
  std::unique_ptr<Login> login;                       // until authenticated
  std::shared_ptr<const ReceivedPayload> process_fd;  // its pidfd, once asked for
  std::optional<Time> fds_deadline;                   // half a message holds descriptors until then
};

}  // namespace headway::daemon
