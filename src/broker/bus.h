// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "broker/activation.h"
#include "broker/broker.h"
#include "broker/matches.h"
#include "broker/names.h"
#include "broker/peers.h"
#include "broker/policy.h"
#include "broker/quota.h"
#include "broker/replies.h"
#include "wire/build.h"

namespace headway::broker {

inline constexpr std::string_view bus_name = "org.freedesktop.DBus";
inline constexpr std::string_view bus_path = "/org/freedesktop/DBus";
/// Who the bus is to systemd, which keeps track of subscribers, and cannot of bus_name. No
/// connection is ever called that; who asks about it is told about the bus.
inline constexpr std::string_view bus_client_name = ":0.0";
inline constexpr std::string_view systemd_name = "org.freedesktop.systemd1";

/// What monitors are told of a connection that has no name yet (MON-007).
inline constexpr std::string_view nameless_sender = ":not.active.yet";

/// A refusal on its way to whoever is told: an error's name and text (spec ERR-001).
struct Refusal {
  std::string error;  // without the prefix org.freedesktop.DBus.Error.
  std::string text;
};

/// An error name that everybody else knows by its last part: org.freedesktop.DBus.Error.NAME.
[[nodiscard]] std::string full_error_name(std::string_view name);

/// The whole state of a bus on one screen, and the moves that everything else is made of: who is
/// there, sending to one, sending to all who want it, leaving. The driver (driver.h) serves calls
/// to the bus itself by these moves.
class Bus {
 public:
  Bus(BusFacts facts, BrokerSettings settings, Effects& effects, Mediator* mediator);

  // --- life of a peer (life.cc)
  Peer& join(Credentials credentials);
  void admit(Peer& peer, const Authentication& authentication);
  /// Says Hello for it: a unique name, policy, a place in the counts. The reply is the caller's.
  std::optional<Refusal> activate(Peer& peer);
  /// Ends a connection with an effect; leave() without.
  void disconnect(Peer& peer, Disconnect reason);
  void leave(Peer& peer);
  /// In which order a peer loses its names: a leaving one the unique name last (BUS-012), one that
  /// turns monitor first (MON-003).
  enum class NameOrder : std::uint8_t { latest_first, unique_first };
  /// Takes its rules, names and calls from a peer: it leaves or turns monitor.
  void strip(Peer& peer, NameOrder order);
  /// Releases one name, owned or waited for, and tells everybody.
  NameTable::ReleaseReply give_up(Peer& peer, NameId name);
  /// The kernel has taken this much of a peer's queue.
  void flushed(Peer& peer, std::size_t bytes, std::uint32_t fds);
  void expire(Time time);
  [[nodiscard]] std::optional<Time> next_deadline() const;
  /// Disconnects those whose queue proved full while a message went out to many.
  void end_doomed();
  void apply(BrokerSettings settings);
  void apply_policy(PolicyRules rules);

  // --- starting services (start.cc)
  /// Keeps a message until a service owns its destination, and sees to it that one is started.
  std::optional<Refusal> hold(Peer& sender, const wire::Message& message,
                              const std::shared_ptr<const Payload>& payload);
  /// Whether this name may be started now; joins a start that is under way.
  std::optional<Refusal> check_start(const Peer& requester, std::string_view name);
  /// `requester` null: the bus itself.
  ActivationTable::Pending& start(std::string_view name, const Peer* requester);
  void service_found(std::string_view name, std::optional<Service> service);
  /// `error_name` whole, as systemd may send any.
  void start_failed(std::string_view name, std::string_view error_name, std::string_view text);
  [[nodiscard]] static std::string unknown_service(std::string_view name);

  // --- services that are units of systemd (systemd.cc)
  /// Whether what this peer says about units is to be believed (SYSD-005).
  [[nodiscard]] bool is_systemd(const Peer& peer) const;
  void unit_failed(std::string_view unit, std::string_view error_name, std::string_view text);
  /// Has systemd add these variables to what it starts units with (SYSD-006).
  void set_systemd_environment(
      std::span<const std::pair<std::string_view, std::string_view>> variables);
  /// A broadcast, and a reply to the bus, of anybody while services are being started.
  void hear_signal_of_systemd(Peer& sender, const wire::Message& message);
  void hear_answer_of_systemd(Peer& sender, const wire::Message& message);
  /// Another systemd is there: it is asked about all units it starts.
  void watch_units();

  // --- routing (route.cc)
  void unicast(Peer& sender, const wire::Message& message,
               const std::shared_ptr<const Payload>& payload);
  void broadcast(Peer& sender, const wire::Message& message,
                 const std::shared_ptr<const Payload>& payload);
  /// The message as the bus forwards it, valid until the next call. What has no name yet is shown
  /// as such (MON-007).
  Frame stamped(const Peer& sender, const wire::Message& message,
                const std::shared_ptr<const Payload>& payload);
  /// Shows a message to the monitors that want it. `from` null: the bus.
  void capture(const wire::Message& message, const Frame& frame, const Peer* from, const Peer* to);
  [[nodiscard]] Peer* resolve(std::string_view destination) const;

  // --- the bus speaks (speak.cc)
  struct Answer {
    std::string_view signature;
    Bytes body;
    PeerId process_fd_of;  // attach this peer's pidfd
  };
  void reply(Peer& to, const wire::Message& call, const Answer& answer);
  void reply(Peer& to, const wire::Message& call) { reply(to, call, Answer{}); }
  /// `name` without its common prefix. Nothing is sent to a call that wants no reply.
  void refuse(Peer& to, const wire::Message& cause, std::string_view name, std::string_view text);
  /// The same for an error of any name.
  void send_error(Peer& to, const wire::Message& cause, std::string_view error_name,
                  std::string_view text);
  /// The NoReply that a caller is owed when its callee cannot answer any more.
  void no_reply(const ReplyTable::Call& call, std::string_view text);
  void signal(Peer& to, std::string_view member, std::string_view text);
  void signal_all(std::string_view member, std::span<const std::string_view> texts);
  /// An AccessDenied to the sender (null: the bus) that nobody but monitors sees: policy kept a
  /// broadcast (POL-052) or a message of the bus (MON-006) from a receiver.
  void show_refusal(const wire::Message& cause, const Peer* sender, std::string_view text);

  // --- names (ownership.cc)
  void own(Peer& peer, NameId name);
  void disown(Peer& peer, NameId name);
  /// NameLost, NameOwnerChanged, NameAcquired in their order (BUS-031 .. BUS-033).
  void announce(std::string_view name, const NameTable::Change& change);
  void rekey(Peer& peer);
  void note_peak_of_names();

  struct Proposal {
    const Peer* sender = nullptr;    // null: the bus
    const Peer* receiver = nullptr;  // null: the bus
    const Delivery* delivery = nullptr;
  };

  // --- security modules (mediation.cc); a refusal is kept and logged
  std::optional<Refusal> ask_to_send(const Proposal& proposal);
  std::optional<Refusal> ask_to_own(const Peer& peer, std::string_view name);
  std::optional<Refusal> ask_to_eavesdrop(const Peer& peer);

  // --- refusals (refusal.cc)
  /// Each keeps and logs a Decision and returns the error's text. `receiver_keys`: of a receiver
  /// that is not there, instead of the proposal's.
  std::string explain_policy(Decision::Layer layer, const Proposal& proposal,
                             const Verdict& verdict,
                             std::optional<std::span<const PolicyKey>> receiver_keys = {});
  /// The record alone, of a permission too.
  [[nodiscard]] Decision record_policy(
      Decision::Layer layer, const Proposal& proposal, const Verdict& verdict,
      std::optional<std::span<const PolicyKey>> receiver_keys = {}) const;
  [[nodiscard]] Decision record_own(const Peer& peer, std::string_view name,
                                    const Verdict& verdict) const;
  std::string explain_limit(const Peer& who, std::string_view text, std::string_view limit,
                            std::uint64_t value);
  std::string explain_full_queue(const Peer* sender, const Peer& receiver);
  std::string explain_full_budget(const Peer* sender, const Peer& receiver);
  /// An allow rule with log="true" (POL-038).
  void log_would_reject(const Proposal& proposal, const Verdict& verdict);
  std::string explain_own(const Peer& peer, std::string_view name, const Verdict& verdict);
  /// What no configuration can allow.
  Refusal explain_by_bus(const Proposal& proposal, std::string text);
  void explain_connect(const Peer& peer, const Verdict& verdict);
  /// That a connection ends and not by its own will; what else says so is not repeated.
  void log_end(const Peer& peer, Disconnect reason, std::string_view text);
  /// Keeps and logs the record; returns its text.
  std::string note(Decision decision);
  void set_rule(Decision& decision, const Verdict& verdict) const;
  /// Null: the bus.
  [[nodiscard]] Decision::Party party(const Peer* peer) const;
  /// Names and login of a peer, for people; null: the bus.
  [[nodiscard]] std::string describe_peer(const Peer* peer) const;

  [[nodiscard]] bool is_privileged(const Peer& peer) const;
  [[nodiscard]] std::uint32_t latest_serial() const { return serial_; }
  void count_incomplete(int change);
  [[nodiscard]] static Identity identity_of(const Peer& peer);
  [[nodiscard]] std::uint32_t active_connections(AccountId account) const;
  void forget_rules_about(std::string_view unique_name);

  // --- state
  const BusFacts facts;
  const bool allow_anonymous;
  Effects& effects;
  Mediator* const mediator;  // null: no security module decides
  Limits limits;
  std::shared_ptr<Policy> policy;
  Time now{};

  PeerTable peers;
  NameTable names;
  MatchTable matches;        // everybody's rules
  MatchTable eavesdroppers;  // those of them that say eavesdrop=true
  MatchTable monitors;
  ReplyTable replies;
  Accounts accounts;
  std::vector<PolicyKey> bus_keys;           // what rules say about the bus's own name
  std::set<std::pair<Time, PeerId>> logins;  // deadlines of peers that have not said Hello
  std::uint32_t incomplete = 0;
  std::uint32_t completed = 0;
  bool accepting_paused = false;
  std::map<std::string, Service, std::less<>> services;
  bool starts_services = false;  // there are directories in which one may appear
  bool guards_environment = false;
  ActivationTable starts;
  struct ReloadRequest {
    PeerId caller;
    std::uint32_t serial = 0;
    bool wants_reply = true;
  };
  std::vector<ReloadRequest> reload_requests;
  std::deque<Decision> refusals;
  std::uint64_t refusals_noted = 0;
  struct Peaks {
    std::uint32_t matches = 0;
    std::uint32_t matches_per_connection = 0;
    std::uint32_t names = 0;
    std::uint32_t names_per_connection = 0;
  };
  Peaks peaks;

 private:
  enum class Room : std::uint8_t { enough, connection_full, user_full };

  /// All that may forbid one delivery, in the order of POL-050.
  std::optional<Refusal> check(const Peer& sender, const Peer& receiver, const Delivery& delivery);
  [[nodiscard]] Room room_for(const Peer& receiver, AccountId actor, const Frame& frame) const;
  std::optional<Refusal> check_room(const Peer& sender, const Peer& receiver, const Frame& frame);
  void forward(Peer& sender, Peer& receiver, const wire::Message& message, const Frame& frame);
  [[nodiscard]] Mediator::Answer consult(const Proposal& proposal) const;
  std::optional<Refusal> ask_to_start(const Proposal& proposal, const Service& service);
  Refusal explain_denial(const Mediator::Denial& denial, const Proposal& proposal,
                         Decision::Party receiver);
  [[nodiscard]] bool can_start(std::string_view name) const;
  std::optional<Refusal> check_before_start(const Peer& sender, const wire::Message& message,
                                            const Service& service);
  void launch(const Service& service, ActivationTable::Pending& pending, const Peer* requester);
  void request_unit(std::string_view unit, ActivationTable::Pending& pending);
  /// At once, or when it is there (SYSD-003); monitors see it in either case now.
  void tell_systemd(wire::HeaderFields fields, Bytes body);
  [[nodiscard]] Peer* attentive_systemd() const;
  void watch_unit(Peer& systemd, ActivationTable::Pending& pending);
  void ask_about_unit(Peer& systemd, ActivationTable::Pending& pending,
                      const UnitWatch::Question& question);
  template <class Event>
  void tell_watches(Peer& systemd, Event event);
  void drop_forbidden(ActivationTable::Pending& pending, const Service& service);
  void release_held(const ActivationTable::Held& held);
  void expire_starts();
  void answer_starters(const ActivationTable::Pending& pending);
  void deliver_held(std::string_view name, ActivationTable::Pending& pending);
  void set_services(std::vector<Service> list);
  std::optional<Refusal> expect_reply(const Peer& caller, const Peer& callee,
                                      const wire::Message& message);
  /// Its queue is full: it will be disconnected when the present event has been handled.
  void doom(Peer& peer);
  /// `from` null: charged to the receiver itself (broadcasts, the bus).
  void send(Peer* from, Peer& to, const Frame& frame);
  void send_copies(const Peer* sender, const wire::Message& message, const Frame& frame);
  bool may_copy(const Peer* sender, const Peer& receiver, const Delivery& delivery);
  void eavesdrop(const Peer* sender, const Peer* receiver, const wire::Message& message,
                 const Frame& frame);
  void settle(const Peer& receiver, const QueueLedger::Entry& part);
  void pause_if_flooding(Peer& sender);
  struct Spoken {
    wire::Message message;
    Frame frame;
  };
  /// Encodes a message of the bus's own. Valid until the next call.
  Spoken compose(wire::HeaderFields fields, Bytes body);
  Spoken compose_into(std::vector<std::uint8_t>& out, wire::HeaderFields fields, Bytes body);
  [[nodiscard]] static Spoken spoken_as(const wire::Message& message);
  /// Shows it to monitors and hands it over.
  void say(Peer& to, const Spoken& spoken);
  void hand_over(Peer& to, const Spoken& spoken);
  std::uint32_t next_serial();
  /// The names that a sender or receiver key in a match rule may mean; null: the bus.
  void names_of(const Peer* peer, std::vector<std::string_view>& out) const;

  std::map<AccountId, std::uint32_t> active_by_account_;
  Budget budget_;  // of every user, from the limits

  // Scratch, so that the steady path allocates nothing.
  std::vector<std::uint8_t> head_;
  std::vector<std::uint8_t> built_;
  std::vector<std::uint8_t> body_;
  std::vector<PeerId> found_;
  std::vector<PeerId> captured_;
  std::vector<std::string_view> sender_names_;
  std::vector<std::string_view> destination_names_;
  std::vector<PeerId> doomed_;
  std::uint64_t mark_ = 0;
  std::uint32_t serial_ = 0;
};

}  // namespace headway::broker
