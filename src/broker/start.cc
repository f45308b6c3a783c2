// SPDX-License-Identifier: MIT
// Messages to names that a service can be started for.
#include <fmt/format.h>

#include <utility>

#include "base/assert.h"
#include "broker/bus.h"
#include "wire/body.h"

namespace headway::broker {

std::string Bus::unknown_service(std::string_view name) {
  return fmt::format("The name {} was not provided by any .service files", name);
}

bool Bus::can_start(std::string_view name) const {
  if (name.starts_with(':')) return false;
  return starts_services || services.contains(name) ||
         (facts.systemd_activation && name == systemd_name);
}

std::optional<Refusal> Bus::hold(Peer& sender, const wire::Message& message,
                                 const std::shared_ptr<const Payload>& payload) {
  const std::string_view name = message.destination;
  if (auto refusal = check_start(sender, name)) return refusal;
  if (const auto service = services.find(name); service != services.end()) {
    if (auto refusal = check_before_start(sender, message, service->second)) return refusal;
  }
  ActivationTable::Held held{sender.id,
                             sender.account,
                             {message.bytes.begin(), message.bytes.end()},
                             message.unix_fds,
                             payload};
  accounts.charge(sender.account, sender.account, held.bytes.size(), held.fds);
  sender.in_flight_bytes += held.bytes.size();
  sender.in_flight_fds += held.fds;
  pause_if_flooding(sender);
  start(name, &sender).held.push_back(std::move(held));
  return std::nullopt;
}

/// ACT-014: a sender that may not talk to the name does not get its service started. The name alone
/// stands for the receiver that is not there yet (POL-033).
std::optional<Refusal> Bus::check_before_start(const Peer& sender, const wire::Message& message,
                                               const Service& service) {
  if (message.is_reply()) return std::nullopt;
  const Delivery delivery{.message = message, .fds = message.unix_fds};
  const Proposal proposal{&sender, nullptr, &delivery};
  if (auto refusal = ask_to_start(proposal, service)) return refusal;
  std::vector<PolicyKey> keys;
  policy->keys_of(message.destination, keys);
  const Verdict verdict = sender.policy->may_send(delivery, keys);
  if (verdict) return std::nullopt;
  return Refusal{"AccessDenied",
                 explain_policy(Decision::Layer::policy_send, proposal, verdict, keys)};
}

std::optional<Refusal> Bus::check_start(const Peer& requester, std::string_view name) {
  if (starts.find(name) != nullptr) return std::nullopt;
  if (starts.size() >= limits.max_pending_service_starts) {
    return Refusal{"LimitsExceeded",
                   explain_limit(requester, "finds too many services being started",
                                 "max_pending_service_starts", limits.max_pending_service_starts)};
  }
  if (can_start(name)) return std::nullopt;
  return Refusal{"ServiceUnknown", unknown_service(name)};
}

ActivationTable::Pending& Bus::start(std::string_view name, const Peer* requester) {
  if (ActivationTable::Pending* pending = starts.find(name)) return *pending;
  const Time deadline = now + limits.service_start_timeout;
  if (facts.systemd_activation && name == systemd_name) {
    return starts.create(name, ActivationTable::Stage::starting, deadline);  // SYSD-007
  }
  const auto service = services.find(name);
  if (service == services.end()) {
    effects.look_up_service(name);
    return starts.create(name, ActivationTable::Stage::looking_up, deadline);
  }
  auto& pending = starts.create(name, ActivationTable::Stage::starting, deadline);
  launch(service->second, pending, requester);
  return pending;
}

void Bus::launch(const Service& service, ActivationTable::Pending& pending, const Peer* requester) {
  const Decision::Party who = party(requester);
  const bool by_systemd = facts.systemd_activation && !service.unit.empty();
  const std::string unit = by_systemd ? fmt::format(" unit='{}'", service.unit) : std::string();
  LogEntry entry{.kind = LogKind::start_requested,
                 .text = fmt::format("Activating {}service name='{}'{} requested by '{}' ({})",
                                     by_systemd ? "via systemd: " : "", service.name, unit,
                                     who.unique_name, login_of(who)),
                 .fields = {{LogField::service, service.name}}};
  if (by_systemd) entry.fields.emplace_back(LogField::unit, service.unit);
  put_sender(entry, who);
  effects.log(entry);

  if (!by_systemd) return effects.start_service(service.name);
  request_unit(service.unit, pending);
}

void Bus::service_found(std::string_view name, std::optional<Service> service) {
  ActivationTable::Pending* pending = starts.find(name);
  if (pending == nullptr || pending->stage != ActivationTable::Stage::looking_up) return;
  if (!service) {
    return start_failed(name, full_error_name("ServiceUnknown"), unknown_service(name));
  }

  services.insert_or_assign(std::string(name), *service);
  drop_forbidden(*pending, *service);
  if (pending->held.empty() && pending->starters.empty()) {
    starts.take(name);
    return;
  }
  pending->stage = ActivationTable::Stage::starting;
  const Peer* requester = peers.find(pending->held.empty() ? pending->starters.front().caller
                                                           : pending->held.front().sender);
  launch(*service, *pending, requester);
}

void Bus::drop_forbidden(ActivationTable::Pending& pending, const Service& service) {
  auto held = std::exchange(pending.held, {});
  for (ActivationTable::Held& one : held) {
    Peer* sender = peers.find(one.sender);
    const auto message = wire::parse_message(one.bytes);
    HEADWAY_ASSERT(sender != nullptr && message);
    const auto refusal = check_before_start(*sender, *message, service);
    if (!refusal) {
      pending.held.push_back(std::move(one));
      continue;
    }
    release_held(one);
    refuse(*sender, *message, refusal->error, refusal->text);
  }
}

void Bus::release_held(const ActivationTable::Held& held) {
  if (held.is_of_bus()) return;
  accounts.discharge(held.account, held.account, held.bytes.size(), held.fds);
  Peer* sender = peers.find(held.sender);
  if (sender == nullptr) return;
  sender->in_flight_bytes -= held.bytes.size();
  sender->in_flight_fds -= held.fds;
  if (sender->reading_paused) pause_if_flooding(*sender);
}

void Bus::start_failed(std::string_view name, std::string_view error_name, std::string_view text) {
  auto pending = starts.take(name);
  if (!pending) return;
  if (pending->stage == ActivationTable::Stage::starting) {
    LogEntry entry{.kind = LogKind::start_failed,
                   .text = fmt::format("Activated service '{}' failed: {}", name, text),
                   .fields = {{LogField::service, std::string(name)},
                              {LogField::error, std::string(error_name)}}};
    if (pending->unit) entry.fields.emplace_back(LogField::unit, pending->unit->unit());
    effects.log(entry);
  }
  for (const ActivationTable::Starter& starter : pending->starters) {
    Peer* caller = peers.find(starter.caller);
    if (caller == nullptr || !starter.wants_reply) continue;
    wire::Message call;
    call.serial = starter.serial;
    send_error(*caller, call, error_name, text);
  }
  for (const ActivationTable::Held& held : pending->held) {
    Peer* sender = peers.find(held.sender);
    const auto message = wire::parse_message(held.bytes);
    release_held(held);
    if (sender != nullptr && message) send_error(*sender, *message, error_name, text);
  }
}

void Bus::expire_starts() {
  for (const std::string& name : starts.due(now)) {
    effects.stop_starting(name);
    start_failed(name, full_error_name("TimedOut"),
                 fmt::format("Failed to activate service '{}': timed out "
                             "(service_start_timeout={}ms)",
                             name, limits.service_start_timeout.count()));
  }
}

void Bus::answer_starters(const ActivationTable::Pending& pending) {
  for (const ActivationTable::Starter& starter : pending.starters) {
    Peer* caller = peers.find(starter.caller);
    if (caller == nullptr || !starter.wants_reply) continue;
    wire::Message call;
    call.serial = starter.serial;
    std::vector<std::uint8_t> body;
    wire::BodyWriter(body).uint32(1);
    reply(*caller, call, {"u", body, {}});
  }
}

void Bus::deliver_held(std::string_view name, ActivationTable::Pending& pending) {
  LogEntry entry{.kind = LogKind::start_succeeded,
                 .text = fmt::format("Successfully activated service '{}'", name),
                 .fields = {{LogField::service, std::string(name)}}};
  if (pending.unit) entry.fields.emplace_back(LogField::unit, pending.unit->unit());
  if (const Peer* owner = resolve(name)) put_sender(entry, party(owner));
  effects.log(entry);
  effects.service_is_there(name);
  for (const ActivationTable::Held& held : pending.held) {
    Peer* sender = peers.find(held.sender);
    const auto message = wire::parse_message(held.bytes);
    release_held(held);
    Peer* receiver = resolve(name);
    if (receiver == nullptr || !message) continue;
    if (held.is_of_bus()) {
      hand_over(*receiver, spoken_as(*message));
    } else if (sender != nullptr) {
      forward(*sender, *receiver, *message, stamped(*sender, *message, held.payload));
    }
  }
}

}  // namespace headway::broker
