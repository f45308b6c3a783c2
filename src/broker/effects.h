// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "broker/ids.h"
#include "broker/log_entry.h"

namespace headway::broker {

/// What the shell attached to a received message: its descriptors, and the memory that a large body
/// lies in. The broker never looks inside; holding one keeps both alive.
class Payload {
 public:
  virtual ~Payload() = default;
};

/// A message on its way out: `head` followed by `body`. Both are borrowed for the call, except that
/// a body inside `payload`'s memory may be kept by keeping the payload.
struct Frame {
  Bytes head;
  Bytes body;
  std::uint32_t fds = 0;  // descriptors to send with the first byte: all of the payload's
  std::shared_ptr<const Payload> payload;
  PeerId process_fd_of;  // if set, the one descriptor is this peer's pidfd instead

  [[nodiscard]] std::size_t bytes() const { return head.size() + body.size(); }
};

/// Why the bus ends a connection (RES-014).
enum class Disconnect : std::uint8_t {
  closed_by_peer,          // end of file, after what it sent was handled
  transport_error,         // the socket failed
  malformed_message,       // wire::Fault
  too_many_fds,            // max_message_unix_fds, or fewer than declared, or not negotiated
  authentication_failed,   // SASL
  authentication_timeout,  // auth_timeout
  pending_fd_timeout,      // half a message held descriptors for too long
  not_allowed_to_connect,  // policy or <allow_anonymous/>
  message_before_hello,    // to another destination than the bus
  message_from_monitor,    // MON-005
  queue_full,              // let its quota fill (design: slow receiver)
  bus_stopping,
};
/// The name in the enum, for programs; and what completes "it ...".
[[nodiscard]] const char* to_string(Disconnect reason);
[[nodiscard]] const char* describe(Disconnect reason);

/// What the broker wants done. The shell carries these out and never calls back into the broker
/// from inside one: what follows from an effect (a socket that fails) comes as an event later.
class Effects {
 public:
  virtual ~Effects() = default;

  /// Queue a message for this peer, behind what is queued already. The broker has accounted for its
  /// bytes and descriptors until flushed() says that they left.
  virtual void deliver(PeerId to, const Frame& frame) = 0;

  /// End this connection; what is queued for it is discarded (BUS-014). The broker has forgotten
  /// the peer: no event about it may follow.
  virtual void disconnect(PeerId peer, Disconnect reason) = 0;

  /// Stop or resume reading from a peer whose messages fill other peers' queues (LIM-001, LIM-002).
  virtual void pause_reading(PeerId peer, bool paused) = 0;

  /// Stop or resume accepting connections (LIM-011).
  virtual void pause_accepting(bool paused) = 0;

  /// From now on frames may name this peer's pidfd. False if there is none (CRED-004). Asked for
  /// when somebody wants it, since a pidfd for each peer would take half of the descriptors.
  virtual bool open_process(PeerId peer) = 0;

  /// Read the configuration again; answered by Broker::replace_config or config_refused.
  virtual void reload_config() = 0;

  /// Find out whether there is a service of this name; answered by Broker::service_found. Asked for
  /// names that the settings do not list, since a service file may be newer than they are.
  virtual void look_up_service(std::string_view name) = 0;
  /// Start a service that the settings list, or service_found named. That it owns its name ends the
  /// start; Broker::service_failed says that it never will.
  virtual void start_service(std::string_view name) = 0;
  /// Somebody owns the name of a service that was started.
  virtual void service_is_there(std::string_view name) = 0;
  /// It took too long (LIM-007): end what was started for this name.
  virtual void stop_starting(std::string_view name) = 0;

  /// Merge variables into what started services see (ENV-001).
  virtual void update_environment(
      std::span<const std::pair<std::string_view, std::string_view>> variables) = 0;

  virtual void log(const LogEntry& entry) = 0;
};

}  // namespace headway::broker
