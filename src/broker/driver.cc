// SPDX-License-Identifier: MIT
#include "broker/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headway::broker {
namespace {

constexpr std::string_view peer_interface = "org.freedesktop.DBus.Peer";
constexpr std::string_view introspectable_interface = "org.freedesktop.DBus.Introspectable";
constexpr std::string_view properties_interface = "org.freedesktop.DBus.Properties";
constexpr std::string_view monitoring_interface = "org.freedesktop.DBus.Monitoring";
constexpr std::string_view stats_interface = "org.freedesktop.DBus.Debug.Stats";
constexpr std::string_view own_interface = "org.headway.Bus1";

bool is_available(const Driver::Method& method, std::string_view path) {
  return method.where != Driver::Method::Where::bus_path_interface || path == bus_path;
}

}  // namespace

std::span<const Driver::Method> Driver::methods() {
  using enum Method::Where;
  static constexpr auto table = std::to_array<Method>({
      {bus_name, "Hello", "", "", "s", "unique_name", &Driver::hello_again},
      {bus_name, "RequestName", "su", "name flags", "u", "reply", &Driver::request_name},
      {bus_name, "ReleaseName", "s", "name", "u", "reply", &Driver::release_name},
      {bus_name, "StartServiceByName", "su", "name flags", "u", "reply",
       &Driver::start_service_by_name},
      {bus_name, "UpdateActivationEnvironment", "a{ss}", "environment", "", "",
       &Driver::update_activation_environment, bus_path_method, true},
      {bus_name, "NameHasOwner", "s", "name", "b", "has_owner", &Driver::name_has_owner},
      {bus_name, "ListNames", "", "", "as", "names", &Driver::list_names},
      {bus_name, "ListActivatableNames", "", "", "as", "names", &Driver::list_activatable_names},
      {bus_name, "AddMatch", "s", "rule", "", "", &Driver::add_match},
      {bus_name, "RemoveMatch", "s", "rule", "", "", &Driver::remove_match},
      {bus_name, "GetNameOwner", "s", "name", "s", "unique_name", &Driver::get_name_owner},
      {bus_name, "ListQueuedOwners", "s", "name", "as", "owners", &Driver::list_queued_owners},
      {bus_name, "GetConnectionUnixUser", "s", "name", "u", "uid", &Driver::get_unix_user},
      {bus_name, "GetConnectionUnixProcessID", "s", "name", "u", "pid", &Driver::get_process_id},
      {bus_name, "GetAdtAuditSessionData", "s", "name", "ay", "data", &Driver::get_audit_data},
      {bus_name, "GetConnectionSELinuxSecurityContext", "s", "name", "ay", "context",
       &Driver::get_selinux_context},
      {bus_name, "GetConnectionCredentials", "s", "name", "a{sv}", "credentials",
       &Driver::get_credentials},
      {bus_name, "ReloadConfig", "", "", "", "", &Driver::reload_config, any_path, true},
      {bus_name, "GetId", "", "", "s", "id", &Driver::get_id},
      {introspectable_interface, "Introspect", "", "", "s", "xml", &Driver::introspect},
      {peer_interface, "Ping", "", "", "", "", &Driver::ping},
      {peer_interface, "GetMachineId", "", "", "s", "machine_id", &Driver::get_machine_id},
      {properties_interface, "Get", "ss", "interface property", "v", "value", &Driver::get_property,
       bus_path_interface},
      {properties_interface, "GetAll", "s", "interface", "a{sv}", "properties",
       &Driver::get_all_properties, bus_path_interface},
      {properties_interface, "Set", "ssv", "interface property value", "", "",
       &Driver::set_property, bus_path_interface},
      {monitoring_interface, "BecomeMonitor", "asu", "rules flags", "", "", &Driver::become_monitor,
       bus_path_interface, true},
      {stats_interface, "GetStats", "", "", "a{sv}", "stats", &Driver::get_stats,
       bus_path_interface},
      {stats_interface, "GetConnectionStats", "s", "name", "a{sv}", "stats",
       &Driver::get_connection_stats, bus_path_interface},
      {stats_interface, "GetAllMatchRules", "", "", "a{sas}", "rules", &Driver::get_all_match_rules,
       bus_path_interface},
      {own_interface, "ListRefusals", "t", "after", "aa{sv}", "refusals", &Driver::list_refusals,
       bus_path_interface},
      {own_interface, "Explain", "a{sv}", "question", "aa{sv}", "verdicts", &Driver::explain,
       bus_path_interface},
  });
  return table;
}

void Driver::dispatch(Peer& caller, const wire::Message& message,
                      const std::shared_ptr<const Payload>& payload) {
  if (caller.state == Peer::State::silent && is_hello(message)) {
    return serve_hello(caller, message);
  }
  // Before monitors see it: the reference shows them first the errors that come of it.
  if (message.type == wire::MessageType::signal) note_signal(caller, message);
  if (bus_.monitors.count() > 0) {
    bus_.capture(message, bus_.stamped(caller, message, payload), &caller, nullptr);
  }
  if (message.is_reply()) bus_.hear_answer_of_systemd(caller, message);
  if (message.type != wire::MessageType::method_call) return;  // DRV-026
  if (caller.state == Peer::State::silent) {
    return bus_.refuse(caller, message, "AccessDenied", "Only Hello may be called before Hello");
  }

  if (const auto refusal = check_policy(caller, message)) {
    return bus_.refuse(caller, message, refusal->error, refusal->text);
  }
  const auto method = find(message);
  if (!method) return bus_.refuse(caller, message, method.error().error, method.error().text);
  serve(caller, message, **method);
}

void Driver::note_signal(const Peer& caller, const wire::Message& message) {
  // SYSD-005: from systemd itself only; anybody else's is a forgery and changes nothing.
  const bool is_failure = message.interface == "org.freedesktop.systemd1.Activator" &&
                          message.member == "ActivationFailure" && message.signature == "sss";
  if (!is_failure || !bus_.facts.systemd_activation) return;
  if (!bus_.is_systemd(caller)) {
    LogEntry entry{.kind = LogKind::failure_forged,
                   .text = fmt::format("Ignored an ActivationFailure forged by {}",
                                       bus_.describe_peer(&caller)),
                   .fields = {}};
    put_sender(entry, bus_.party(&caller));
    return bus_.effects.log(entry);
  }
  const Delivery delivery{.message = message, .fds = message.unix_fds};
  if (bus_.ask_to_send({&caller, nullptr, &delivery})) return;
  wire::BodyReader arguments(message.order, message.body());
  const std::string_view unit = arguments.string();
  const std::string_view error = arguments.string();
  bus_.unit_failed(unit, error, arguments.string());
}

void Driver::dispatch_local(Peer& caller, const wire::Message& message) {
  const bool wants_peer =
      message.interface.data() == nullptr || message.interface == peer_interface;
  for (const Method& method : methods()) {
    if (wants_peer && method.interface == peer_interface && method.name == message.member) {
      return serve(caller, message, method);
    }
  }
  bus_.refuse(caller, message, "UnknownMethod",
              "A call without a destination may only ask for " + std::string(peer_interface));
}

bool Driver::is_hello(const wire::Message& message) {
  return message.type == wire::MessageType::method_call && message.member == "Hello" &&
         (message.interface.data() == nullptr || message.interface == bus_name);
}

void Driver::serve_hello(Peer& caller, const wire::Message& message) {
  const Delivery delivery{.message = message, .fds = message.unix_fds};
  auto refusal = bus_.ask_to_send({&caller, nullptr, &delivery});  // policy let it connect
  if (!refusal && !message.signature.empty()) {
    refusal = Refusal{"InvalidArgs", "Hello takes no arguments"};
  }
  if (!refusal) refusal = bus_.activate(caller);
  if (bus_.monitors.count() > 0) {
    bus_.capture(message, bus_.stamped(caller, message, nullptr), &caller, nullptr);
  }
  if (refusal) return bus_.refuse(caller, message, refusal->error, refusal->text);

  body_.clear();
  wire::BodyWriter(body_).string(caller.unique_name());
  bus_.reply(caller, message, {"s", body_, {}});  // before the signals (BUS-004)
  bus_.announce(caller.unique_name(), {{}, caller.id});
}

std::optional<Refusal> Driver::check_policy(const Peer& caller, const wire::Message& message) {
  const Delivery delivery{.message = message, .fds = message.unix_fds};
  const Bus::Proposal proposal{&caller, nullptr, &delivery};
  if (auto refusal = bus_.ask_to_send(proposal)) return refusal;
  const Verdict verdict = caller.policy->may_send(delivery, bus_.bus_keys);
  if (verdict.log && verdict.allowed) bus_.log_would_reject(proposal, verdict);
  if (verdict) return std::nullopt;
  return Refusal{"AccessDenied",
                 bus_.explain_policy(Decision::Layer::policy_send, proposal, verdict)};
}

std::expected<const Driver::Method*, Refusal> Driver::find(const wire::Message& message) {
  bool interface_known = message.interface.data() == nullptr;
  for (const Method& method : methods()) {
    if (!is_available(method, message.path)) continue;
    if (message.interface.data() != nullptr && method.interface != message.interface) continue;
    interface_known = true;
    if (method.name == message.member) return &method;
  }
  if (!interface_known) {
    return std::unexpected(
        Refusal{"UnknownInterface",
                fmt::format("The bus has no interface {} at {}", message.interface, message.path)});
  }
  return std::unexpected(
      Refusal{"UnknownMethod",
              fmt::format("The bus has no method {}{} at {}", message.member,
                          message.interface.data() ? fmt::format(" in {}", message.interface) : "",
                          message.path)});
}

std::optional<Refusal> Driver::check_access(const Peer& caller, const wire::Message& message,
                                            const Method& method) {
  if (method.privileged && !bus_.is_privileged(caller)) {
    const Delivery delivery{.message = message, .fds = message.unix_fds};
    return bus_.explain_by_bus(
        {&caller, nullptr, &delivery},
        fmt::format("{} is for root and for the bus's own user (uid {}); {} is neither",
                    method.name, bus_.facts.credentials.uid.value_or(0),
                    bus_.describe_peer(&caller)));
  }
  if (method.where == Method::Where::bus_path_method && message.path != bus_path) {
    return Refusal{"AccessDenied", fmt::format("{} must be called at {}", method.name, bus_path)};
  }
  if (message.signature != method.in) {
    return Refusal{"InvalidArgs", fmt::format("{} takes arguments of signature \"{}\", not \"{}\"",
                                              method.name, method.in, message.signature)};
  }
  return std::nullopt;
}

void Driver::serve(Peer& caller, const wire::Message& message, const Method& method) {
  if (const auto refusal = check_access(caller, message, method)) {
    return bus_.refuse(caller, message, refusal->error, refusal->text);
  }
  body_.clear();
  Call call{caller, message, wire::BodyReader(message.order, message.body())};
  Reply reply{wire::BodyWriter(body_), {}};
  const Outcome outcome = (this->*method.handler)(call, reply);
  switch (outcome.kind) {
    case Outcome::Kind::reply:
      return bus_.reply(caller, message, {method.out, body_, reply.process_fd_of});
    case Outcome::Kind::refused:
      return bus_.refuse(caller, message, outcome.refusal.error, outcome.refusal.text);
    case Outcome::Kind::handled:
      return;
  }
}

Driver::Outcome Driver::refused(std::string_view error, std::string text) {
  return {Outcome::Kind::refused, {std::string(error), std::move(text)}};
}

Driver::Outcome Driver::no_owner(std::string_view name) {
  return refused("NameHasNoOwner", fmt::format("Nobody owns the name \"{}\"", name));
}

Driver::Subject Driver::subject(std::string_view name) const {
  if (name == bus_name || name == bus_client_name) return {&bus_.facts.credentials, nullptr};
  const Peer* peer = bus_.resolve(name);
  if (peer == nullptr) return {};
  return {&peer->credentials, peer};
}

}  // namespace headway::broker
