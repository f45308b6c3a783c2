// SPDX-License-Identifier: MIT
// Messages to names that a service can be started for.
#include <fmt/format.h>

#include <utility>

#include "base/assert.h"
#include "broker/bus.h"
#include "wire/body.h"
#include "wire/names.h"

namespace headway::broker {
namespace {

constexpr std::string_view systemd_name = "org.freedesktop.systemd1";
constexpr std::string_view activator_interface = "org.freedesktop.systemd1.Activator";

}  // namespace

std::string Bus::unknown_service(std::string_view name) {
  return fmt::format("The name {} was not provided by any .service files", name);
}

bool Bus::can_start(std::string_view name) const {
  if (name.starts_with(':')) return false;
  return starts_services || services.contains(name) ||
         (facts.systemd_activation && name == systemd_name);
}

void Bus::hold(Peer& sender, const wire::Message& message,
               const std::shared_ptr<const Payload>& payload) {
  const std::string_view name = message.destination;
  if (const auto refusal = check_start(name)) {
    return refuse(sender, message, refusal->error, refusal->text);
  }
  if (services.contains(name)) {
    if (const auto refusal = check_before_start(sender, message)) {
      return refuse(sender, message, refusal->error, refusal->text);
    }
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
  start(name, describe_peer(&sender)).held.push_back(std::move(held));
}

/// ACT-014: a sender that may not talk to the name does not get its service started. The name alone
/// stands for the receiver that is not there yet (POL-033).
std::optional<Refusal> Bus::check_before_start(const Peer& sender, const wire::Message& message) {
  std::vector<PolicyKey> keys;
  policy->keys_of(message.destination, keys);
  const Delivery delivery{.message = message, .fds = message.unix_fds};
  const Verdict verdict = sender.policy->may_send(delivery, keys);
  if (verdict || message.is_reply()) return std::nullopt;
  return Refusal{"AccessDenied", explain_policy(Decision::Layer::policy_send,
                                                {&sender, nullptr, &delivery}, verdict, keys)};
}

std::optional<Refusal> Bus::check_start(std::string_view name) {
  if (starts.find(name) != nullptr) return std::nullopt;
  if (starts.size() >= limits.max_pending_service_starts) {
    return Refusal{"LimitsExceeded",
                   fmt::format("Too many services are being started (increase limits in "
                               "configuration file if required; max_pending_service_starts={})",
                               limits.max_pending_service_starts)};
  }
  if (can_start(name)) return std::nullopt;
  return Refusal{"ServiceUnknown", unknown_service(name)};
}

ActivationTable::Pending& Bus::start(std::string_view name, std::string_view requester) {
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

void Bus::launch(const Service& service, ActivationTable::Pending& pending,
                 std::string_view requester) {
  if (!facts.systemd_activation || service.unit.empty()) {
    effects.log(
        {Severity::info,
         fmt::format("Activating service name='{}' requested by {}", service.name, requester),
         {}});
    effects.start_service(service.name);
    return;
  }
  effects.log({Severity::info,
               fmt::format("Activating via systemd: service name='{}' unit='{}' requested by {}",
                           service.name, service.unit, requester),
               {}});
  pending.unit = service.unit;
  tell_systemd({ForSystemd::Kind::start, {service.unit}});
}

void Bus::tell_systemd(ForSystemd request) {
  Peer* systemd = resolve(systemd_name);
  if (systemd == nullptr) {  // SYSD-003
    start(systemd_name, bus_name);
    for_systemd.push_back(std::move(request));
    return;
  }
  body_.clear();
  wire::BodyWriter writer(body_);
  wire::HeaderFields fields;
  fields.destination = systemd_name;  // as systemd and its tests expect it (SYSD-002)
  switch (request.kind) {
    case ForSystemd::Kind::start:
      fields.type = wire::MessageType::signal;
      fields.path = bus_path;
      fields.interface = activator_interface;
      fields.member = "ActivationRequest";
      fields.signature = "s";
      writer.string(request.texts.front());
      break;
    case ForSystemd::Kind::set_environment: {
      fields.type = wire::MessageType::method_call;
      fields.path = "/org/freedesktop/systemd1";
      fields.interface = "org.freedesktop.systemd1.Manager";
      fields.member = "SetEnvironment";
      fields.signature = "as";
      const auto array = writer.open_array('s');
      for (const std::string& text : request.texts) writer.string(text);
      writer.close_array(array);
      break;
    }
  }
  say(*systemd, compose(fields, body_));
}

void Bus::service_found(std::string_view name, std::optional<Service> service) {
  ActivationTable::Pending* pending = starts.find(name);
  if (pending == nullptr || pending->stage != ActivationTable::Stage::looking_up) return;
  if (!service) {
    return start_failed(name, full_error_name("ServiceUnknown"), unknown_service(name));
  }

  services.insert_or_assign(std::string(name), *service);
  drop_forbidden(*pending);
  if (pending->held.empty() && pending->starters.empty()) {
    starts.take(name);
    return;
  }
  pending->stage = ActivationTable::Stage::starting;
  const Peer* requester = peers.find(pending->held.empty() ? pending->starters.front().caller
                                                           : pending->held.front().sender);
  launch(*service, *pending, describe_peer(requester));
}

void Bus::drop_forbidden(ActivationTable::Pending& pending) {
  auto held = std::exchange(pending.held, {});
  for (ActivationTable::Held& one : held) {
    Peer* sender = peers.find(one.sender);
    const auto message = wire::parse_message(one.bytes);
    HEADWAY_ASSERT(sender != nullptr && message);
    const auto refusal = check_before_start(*sender, *message);
    if (!refusal) {
      pending.held.push_back(std::move(one));
      continue;
    }
    release_held(one);
    refuse(*sender, *message, refusal->error, refusal->text);
  }
}

void Bus::release_held(const ActivationTable::Held& held) {
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
    effects.log(
        {Severity::warning, fmt::format("Activated service '{}' failed: {}", name, text), {}});
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
  if (name == systemd_name) for_systemd.clear();
}

void Bus::unit_failed(std::string_view unit, std::string_view error_name, std::string_view text) {
  const std::string name_sent(wire::is_error_name(error_name) ? std::string(error_name)
                                                              : full_error_name("Failed"));
  for (const std::string& name : starts.of_unit(unit)) start_failed(name, name_sent, text);
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
  effects.log({Severity::info, fmt::format("Successfully activated service '{}'", name), {}});
  effects.service_is_there(name);
  for (const ActivationTable::Held& held : pending.held) {
    Peer* sender = peers.find(held.sender);
    const auto message = wire::parse_message(held.bytes);
    release_held(held);
    if (sender == nullptr || !message) continue;
    Peer* receiver = resolve(name);
    if (receiver == nullptr) continue;
    forward(*sender, *receiver, *message, stamped(*sender, *message, held.payload));
  }
  if (name != systemd_name) return;
  for (ForSystemd& request : std::exchange(for_systemd, {})) tell_systemd(std::move(request));
}

}  // namespace headway::broker
