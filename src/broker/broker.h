// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/credentials.h"
#include "broker/decision.h"
#include "broker/effects.h"
#include "broker/ids.h"
#include "broker/limits.h"
#include "broker/mediator.h"
#include "broker/policy_rules.h"
#include "wire/message.h"

namespace headway::broker {

/// What a bus is from its start to its end.
struct BusFacts {
  std::string id;           // 32 hex digits (DRV-018)
  std::string machine_id;   // 32 hex digits, empty: unreadable (DRV-035)
  Credentials credentials;  // of the bus itself (CRED-006); its uid decides who is privileged
  std::string type;         // "system", "session" or other text; empty: none
  bool systemd_activation = false;  // services with a unit are started by systemd (SYSD-001)
  bool selinux = false;             // decides, too (LSM-001)
  bool apparmor = false;            // likewise (LSM-012)
};

/// A name that a service can be started for.
struct Service {
  std::string name;
  std::string unit;           // of systemd; empty: none
  std::string assumed_label;  // that it will run as, for AppArmor; empty: not known (LSM-019)
  bool operator==(const Service&) const = default;
};

/// What a reload may change (CONF-034).
struct BrokerSettings {
  PolicyRules policy;
  Limits limits;
  bool allow_anonymous = false;     // taken from the first settings only (CONF-035)
  bool starts_services = false;     // there are service directories
  bool guards_environment = false;  // there is a service helper (ENV-003)
  std::vector<Service> services;
};

/// What a bus holds at the moment, all peers together. All zero once everybody has left.
struct Totals {
  std::size_t connections = 0;
  std::size_t names = 0;  // with unique names
  std::size_t match_rules = 0;
  std::size_t open_calls = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t queued_fds = 0;
  std::size_t accounts = 0;  // users with connections or with bytes on their way
  bool operator==(const Totals&) const = default;
};

/// The message bus as a pure state machine: events in, effects out. It makes no system call, reads
/// no clock and draws no random number; the same events give the same effects. One thread at a
/// time.
///
/// A connection's life: connected() -> authenticated() -> received()* -> closed(). Except for
/// connected(), an event about a peer that the broker has disconnected is ignored.
class Broker {
 public:
  /// `effects` and `mediator` must outlive the broker. Null: no security module decides.
  Broker(BusFacts facts, BrokerSettings settings, Effects& effects, Mediator* mediator = nullptr);
  ~Broker();

  /// Says what time it is. Called before the other events of a turn; what is due by then (logins
  /// that took too long, replies that never came) happens now.
  void advance(Time now);
  /// When advance() next has something to do.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  /// A socket was accepted; its login must be complete within auth_timeout (LIM-008).
  [[nodiscard]] PeerId connected(Credentials credentials);

  /// The login is complete; policy may refuse the peer (POL-046 .. POL-049).
  void authenticated(PeerId peer, const Authentication& authentication);

  /// One whole message from this peer. `payload` is null when it has neither descriptors nor shared
  /// memory. message.unix_fds descriptors are attached: no more, no fewer.
  void received(PeerId peer, const wire::Message& message,
                const std::shared_ptr<const Payload>& payload);

  /// The connection is over, or must be. The shell has closed the socket or does so now. `detail`
  /// completes "it ..." better than describe(reason) does.
  void closed(PeerId peer, Disconnect reason, std::string_view detail = {});

  /// Bytes and descriptors of this peer's queue that the kernel has taken, in the order delivered.
  void flushed(PeerId peer, std::size_t bytes, std::uint32_t fds);

  /// The answer to Effects::reload_config, or a reload for another reason.
  void replace_config(BrokerSettings settings);
  void config_refused(std::string_view error);
  /// The same configuration means more than before: a user it names has turned up.
  void replace_policy(PolicyRules rules);

  /// The answer to Effects::look_up_service; none: there is no such service.
  void service_found(std::string_view name, std::optional<Service> service);
  /// A service that was started ended, or could not be. `error` without its common prefix.
  void service_failed(std::string_view name, std::string_view error, std::string_view text);

  /// False once the broker has disconnected the peer.
  [[nodiscard]] bool knows(PeerId peer) const;
  /// True once the peer has said Hello.
  [[nodiscard]] bool is_active(PeerId peer) const;

  /// How many have said Hello. Cost: none, unlike totals().
  [[nodiscard]] std::uint32_t connections() const;
  [[nodiscard]] Totals totals() const;

  /// The latest refusals, oldest first, at most refusals_max.
  [[nodiscard]] std::vector<Decision> refusals() const;
  static constexpr std::size_t refusals_max = 256;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace headway::broker
