// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "broker/bus.h"

namespace headway::broker {
namespace {

/// What the connections of one user may have queued altogether: this much at least, however low
/// max_outgoing_bytes is, so that several connections of one user are not starved by the first.
constexpr std::uint64_t user_bytes_floor = 512u << 20;

Budget budget_of(const Limits& limits) {
  const std::uint64_t fds = limits.max_outgoing_unix_fds;
  const std::uint64_t connections = std::max<std::uint64_t>(limits.max_connections_per_user, 1);
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return {std::max(user_bytes_floor, limits.max_outgoing_bytes),
          fds > most / connections ? most : fds * connections};
}

}  // namespace

Bus::Bus(BusFacts bus_facts, BrokerSettings settings, Effects& out, Mediator* lsm)
    : facts(std::move(bus_facts)),
      allow_anonymous(settings.allow_anonymous),
      effects(out),
      mediator(lsm),
      limits(settings.limits),
      policy(std::make_shared<Policy>(std::move(settings.policy))),
      starts_services(settings.starts_services),
      guards_environment(settings.guards_environment),
      budget_(budget_of(limits)) {
  set_services(std::move(settings.services));
  policy->keys_of(bus_name, bus_keys);
}

Peer& Bus::join(Credentials credentials) {
  Peer& peer = peers.create();
  peer.credentials = std::move(credentials);
  peer.login_deadline = now + limits.auth_timeout;
  logins.emplace(*peer.login_deadline, peer.id);
  peer.account = accounts.enter(peer.credentials.uid);
  count_incomplete(+1);
  return peer;
}

void Bus::admit(Peer& peer, const Authentication& authentication) {
  peer.state = Peer::State::silent;
  peer.is_anonymous = !authentication.uid.has_value();
  peer.fds_agreed = authentication.fds_agreed;
  if (!peer.credentials.uid && authentication.uid) {  // tcp has nothing but SASL's word (ADDR-022)
    peer.credentials.uid = authentication.uid;
    accounts.leave(peer.account);
    peer.account = accounts.enter(peer.credentials.uid);
  }

  if (peer.is_anonymous) {
    if (allow_anonymous) return;
    explain_connect(peer, {});
    return disconnect(peer, Disconnect::not_allowed_to_connect);
  }
  const Verdict verdict =
      policy->may_connect(identity_of(peer), facts.credentials.uid.value_or(~0u));
  if (verdict) return;
  explain_connect(peer, verdict);
  disconnect(peer, Disconnect::not_allowed_to_connect);
}

Identity Bus::identity_of(const Peer& peer) {
  // at_console is never true: there is no console directory where systemd keeps sessions (POL-007).
  return {peer.is_anonymous ? std::nullopt : peer.credentials.uid,
          peer.credentials.groups.value_or(std::vector<std::uint32_t>{}), false};
}

std::optional<Refusal> Bus::activate(Peer& peer) {
  // A service that is being started must be able to connect, however full the bus is.
  const auto reserve = static_cast<std::uint32_t>(starts.size());
  if (completed >= limits.max_completed_connections + reserve) {
    return Refusal{"LimitsExceeded",
                   explain_limit(peer, "finds the bus full", "max_completed_connections",
                                 limits.max_completed_connections)};
  }
  // Those that have not said Hello are among the account's connections; only the others count here.
  if (active_connections(peer.account) >= limits.max_connections_per_user + reserve) {
    return Refusal{"LimitsExceeded",
                   explain_limit(peer, "is one connection too many of its user",
                                 "max_connections_per_user", limits.max_connections_per_user)};
  }
  logins.erase({*peer.login_deadline, peer.id});
  peer.login_deadline.reset();
  count_incomplete(-1);
  ++completed;
  ++active_by_account_[peer.account];

  peers.name(peer);
  peer.state = Peer::State::active;
  peer.policy = policy->for_identity(identity_of(peer));
  policy->keys_of(peer.unique_name(), peer.own_keys);
  peer.counters.peak_names = 1;
  peaks.names_per_connection = std::max(peaks.names_per_connection, 1u);
  note_peak_of_names();
  rekey(peer);
  return std::nullopt;
}

std::uint32_t Bus::active_connections(AccountId account) const {
  const auto found = active_by_account_.find(account);
  return found == active_by_account_.end() ? 0 : found->second;
}

void Bus::count_incomplete(int change) {
  incomplete = static_cast<std::uint32_t>(static_cast<int>(incomplete) + change);
  const bool full = incomplete >= limits.max_incomplete_connections;
  if (full == accepting_paused) return;
  accepting_paused = full;
  effects.pause_accepting(full);
}

void Bus::disconnect(Peer& peer, Disconnect reason) {
  const PeerId id = peer.id;
  log_end(peer, reason, describe(reason));
  leave(peer);
  effects.disconnect(id, reason);
}

void Bus::leave(Peer& peer) {
  const PeerId id = peer.id;
  const bool was_complete = peer.stamp.has_value();
  const bool had_name = peer.state == Peer::State::active;
  peer.state = Peer::State::leaving;

  monitors.remove_all(id);
  if (had_name) strip(peer, NameOrder::latest_first);
  if (was_complete) {
    --completed;
    const auto count = active_by_account_.find(peer.account);
    if (--count->second == 0) active_by_account_.erase(count);
  } else {
    logins.erase({*peer.login_deadline, id});
  }
  starts.forget(id, [&](const ActivationTable::Held& held) { release_held(held); });
  peer.queue.pop_all([&](const QueueLedger::Entry& part) { settle(peer, part); });
  accounts.leave(peer.account);
  peers.remove(id);
  if (!was_complete) count_incomplete(-1);
}

void Bus::strip(Peer& peer, NameOrder order) {
  matches.remove_all(peer.id);
  eavesdroppers.remove_all(peer.id);

  const NameTable::Change end{peer.id, {}};
  if (order == NameOrder::unique_first) announce(peer.unique_name(), end);
  while (!peer.names.empty()) {
    give_up(peer, order == NameOrder::latest_first ? peer.names.back() : peer.names.front());
  }
  if (order == NameOrder::latest_first) announce(peer.unique_name(), end);
  peers.unname(peer);
  forget_rules_about(peer.unique_name());

  replies.forget_caller(peer.id);
  for (const ReplyTable::Call& call : replies.take_callee(peer.id)) {
    // These words and those of expire() are what programs in the field compare with.
    no_reply(call, "Message recipient disconnected from message bus without replying");
  }
}

NameTable::ReleaseReply Bus::give_up(Peer& peer, NameId name) {
  const NameTable::Released released = names.release(name, peer.id);
  disown(peer, name);
  if (released.change) announce(names.text(name), *released.change);
  if (released.ended) names.forget(name);
  return released.reply;
}

void Bus::forget_rules_about(std::string_view unique_name) {
  found_.clear();
  matches.remove_naming(unique_name, found_);
  eavesdroppers.remove_naming(unique_name, found_);
}

void Bus::doom(Peer& peer) {
  if (peer.is_doomed) return;
  peer.is_doomed = true;
  doomed_.push_back(peer.id);
  if (peer.queue.bytes() > limits.max_outgoing_bytes) {
    explain_full_queue(nullptr, peer);
  } else {
    explain_full_budget(nullptr, peer);
  }
}

void Bus::end_doomed() {
  // Each farewell may fill another queue; every round ends one peer, so this ends.
  for (std::size_t next = 0; next < doomed_.size(); ++next) {
    if (Peer* peer = peers.find(doomed_[next])) disconnect(*peer, Disconnect::queue_full);
  }
  doomed_.clear();
}

void Bus::expire(Time time) {
  now = time;
  while (!logins.empty() && logins.begin()->first <= now) {
    Peer* peer = peers.find(logins.begin()->second);
    HEADWAY_ASSERT(peer != nullptr);
    disconnect(*peer, Disconnect::authentication_timeout);
  }
  expire_starts();
  for (const ReplyTable::Call& call : replies.expire(now)) {
    no_reply(call, "Message did not receive a reply (timeout by message bus)");
  }
  end_doomed();
}

std::optional<Time> Bus::next_deadline() const {
  std::optional<Time> login;
  if (!logins.empty()) login = logins.begin()->first;
  return earlier(earlier(login, starts.next_deadline()), replies.next_deadline());
}

void Bus::apply(BrokerSettings settings) {
  starts_services = settings.starts_services;
  guards_environment = settings.guards_environment;
  set_services(std::move(settings.services));
  limits = settings.limits;
  budget_ = budget_of(limits);
  apply_policy(std::move(settings.policy));
  peers.each([&](Peer& peer) {
    if (peer.state == Peer::State::active) pause_if_flooding(peer);
  });
  count_incomplete(0);
}

void Bus::apply_policy(PolicyRules rules) {
  policy = std::make_shared<Policy>(std::move(rules));
  bus_keys.clear();
  policy->keys_of(bus_name, bus_keys);
  names.rekey(*policy);
  peers.each([&](Peer& peer) {
    if (peer.state != Peer::State::active) return;
    peer.policy = policy->for_identity(identity_of(peer));
    peer.own_keys.clear();
    policy->keys_of(peer.unique_name(), peer.own_keys);
    rekey(peer);
  });
}

void Bus::set_services(std::vector<Service> list) {
  services.clear();
  for (Service& service : list) {
    const std::string name = service.name;
    services.insert_or_assign(name, std::move(service));
  }
}

bool Bus::is_privileged(const Peer& peer) const {
  return !peer.is_anonymous && peer.credentials.uid &&
         (*peer.credentials.uid == 0 || peer.credentials.uid == facts.credentials.uid);
}

}  // namespace headway::broker
