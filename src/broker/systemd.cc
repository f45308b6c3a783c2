// SPDX-License-Identifier: MIT
// What the bus and systemd say to each other about services that are units.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "broker/bus.h"
#include "wire/body.h"
#include "wire/names.h"

namespace headway::broker {
namespace {

constexpr std::string_view manager_path = "/org/freedesktop/systemd1";
constexpr std::string_view manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::string_view unit_interface = "org.freedesktop.systemd1.Unit";
constexpr std::string_view activator_interface = "org.freedesktop.systemd1.Activator";
constexpr std::string_view properties_interface = "org.freedesktop.DBus.Properties";

std::string_view name_of(UnitWatch::Property property) {
  switch (property) {
    case UnitWatch::Property::job:
      return "Job";
    case UnitWatch::Property::active_state:
      return "ActiveState";
    case UnitWatch::Property::condition_result:
      return "ConditionResult";
  }
  std::unreachable();
}

/// What systemd answers to the question for a property.
UnitWatch::Next answered(UnitWatch& watch, UnitWatch::Property property,
                         const wire::Message& message) {
  wire::BodyReader reader(message.order, message.body());
  const std::string_view type = message.signature == "v" ? reader.signature() : "";
  if (property == UnitWatch::Property::job && type == "(uo)") {
    reader.begin_struct();
    return watch.job_is(reader.uint32());
  }
  if (property == UnitWatch::Property::active_state && type == "s") {
    return watch.active_state_is(reader.string());
  }
  if (property == UnitWatch::Property::condition_result && type == "b") {
    return watch.condition_result_is(reader.boolean());
  }
  watch.unanswered();
  return {};
}

}  // namespace

bool Bus::is_systemd(const Peer& peer) const {
  return resolve(systemd_name) == &peer && is_privileged(peer);
}

void Bus::request_unit(std::string_view unit, ActivationTable::Pending& pending) {
  pending.unit.emplace(std::string(unit));
  std::vector<std::uint8_t> body;
  wire::BodyWriter(body).string(unit);
  wire::HeaderFields request{.type = wire::MessageType::signal};
  request.destination = systemd_name;  // also if it is there (SYSD-002)
  request.path = bus_path;
  request.interface = activator_interface;
  request.member = "ActivationRequest";
  request.signature = "s";
  tell_systemd(request, body);
  if (Peer* systemd = attentive_systemd()) watch_unit(*systemd, pending);
}

void Bus::set_systemd_environment(
    std::span<const std::pair<std::string_view, std::string_view>> variables) {
  std::vector<std::uint8_t> body;
  wire::BodyWriter writer(body);
  const auto array = writer.open_array('s');
  for (const auto& [name, value] : variables) writer.string(fmt::format("{}={}", name, value));
  writer.close_array(array);
  const Peer* systemd = resolve(systemd_name);  // by its unique name if there, as the reference
  wire::HeaderFields call{.type = wire::MessageType::method_call, .flags = wire::no_reply_expected};
  call.destination = systemd != nullptr ? systemd->unique_name() : systemd_name;
  call.path = manager_path;
  call.interface = manager_interface;
  call.member = "SetEnvironment";
  call.signature = "as";
  tell_systemd(call, body);
}

void Bus::tell_systemd(wire::HeaderFields fields, Bytes body) {
  const Spoken spoken = compose(fields, body);
  Peer* systemd = resolve(systemd_name);
  if (systemd != nullptr) return say(*systemd, spoken);
  if (monitors.count() > 0) capture(spoken.message, spoken.frame, nullptr, nullptr);
  ActivationTable::Held held{.bytes = {spoken.message.bytes.begin(), spoken.message.bytes.end()}};
  start(systemd_name, nullptr).held.push_back(std::move(held));
}

/// The one that listens for our requests as systemd does, by a match rule. Who only plays systemd,
/// in the tests of others, does not expect that we ask anything.
Peer* Bus::attentive_systemd() const {
  Peer* systemd = resolve(systemd_name);
  if (systemd == nullptr || !is_privileged(*systemd)) return nullptr;
  wire::Message request;
  request.type = wire::MessageType::signal;
  request.path = bus_path;
  request.interface = activator_interface;
  request.member = "ActivationRequest";
  const std::array<std::string_view, 1> sender{bus_name};
  wire::Arguments arguments(wire::native_order, "", {});
  std::vector<PeerId> listeners;
  matches.find({request, sender, {}, arguments}, listeners);
  return std::ranges::find(listeners, systemd->id) != listeners.end() ? systemd : nullptr;
}

void Bus::watch_unit(Peer& systemd, ActivationTable::Pending& pending) {
  // It sends signals only to who has asked for them, and may have forgotten.
  wire::HeaderFields subscribe{.type = wire::MessageType::method_call,
                               .flags = wire::no_reply_expected};
  subscribe.destination = systemd.unique_name();
  subscribe.sender = bus_client_name;
  subscribe.path = manager_path;
  subscribe.interface = manager_interface;
  subscribe.member = "Subscribe";
  say(systemd, compose(subscribe, {}));
  ask_about_unit(systemd, pending, *pending.unit->begin().question);
}

void Bus::watch_units() {
  Peer* systemd = attentive_systemd();
  if (systemd == nullptr) return;
  starts.each_unit([&](const std::string&, ActivationTable::Pending& pending) {
    watch_unit(*systemd, pending);
  });
}

void Bus::ask_about_unit(Peer& systemd, ActivationTable::Pending& pending,
                         const UnitWatch::Question& question) {
  std::vector<std::uint8_t> body;
  wire::BodyWriter writer(body);
  writer.string(unit_interface);
  writer.string(name_of(question.property));
  wire::HeaderFields get{.type = wire::MessageType::method_call};
  get.destination = systemd.unique_name();
  get.path = question.path;
  get.interface = properties_interface;
  get.member = "Get";
  get.signature = "ss";
  const Spoken spoken = compose(get, body);
  pending.question = spoken.message.serial;
  say(systemd, spoken);
}

/// Has all that may concern it hear of an event, and does what follows from that.
template <class Event>
void Bus::tell_watches(Peer& systemd, Event event) {
  std::vector<std::pair<std::string, std::string>> failed;
  starts.each_unit([&](const std::string& name, ActivationTable::Pending& pending) {
    const UnitWatch::Next next = event(pending);
    if (next.question) ask_about_unit(systemd, pending, *next.question);
    if (next.failure.empty()) return;
    failed.emplace_back(name, fmt::format("Failed to activate service '{}': systemd started the "
                                          "unit {} for it, but {}; the log of the unit may tell "
                                          "why",
                                          name, pending.unit->unit(), next.failure));
  });
  for (const auto& [name, text] : failed) start_failed(name, full_error_name("Spawn.Failed"), text);
}

void Bus::hear_signal_of_systemd(Peer& sender, const wire::Message& message) {
  if (!is_systemd(sender)) return;
  wire::BodyReader arguments(message.order, message.body());
  if (message.interface == manager_interface && message.member == "JobRemoved" &&
      message.signature == "uoss") {
    const std::uint32_t job = arguments.uint32();
    static_cast<void>(arguments.string());  // its path
    const std::string_view unit = arguments.string();
    const std::string_view result = arguments.string();
    tell_watches(sender, [&](ActivationTable::Pending& pending) {
      return pending.unit->job_removed(job, unit, result);
    });
  }
  if (message.interface == properties_interface && message.member == "PropertiesChanged" &&
      message.signature == "sa{sv}as" && arguments.string() == unit_interface) {
    tell_watches(sender, [&](ActivationTable::Pending& pending) {
      return pending.unit->changed(message.path);
    });
  }
}

void Bus::hear_answer_of_systemd(Peer& sender, const wire::Message& message) {
  if (!is_systemd(sender)) return;
  tell_watches(sender, [&](ActivationTable::Pending& pending) -> UnitWatch::Next {
    const auto property = pending.unit->asking();
    if (!property || pending.question != message.reply_serial) return {};
    return answered(*pending.unit, *property, message);
  });
}

void Bus::unit_failed(std::string_view unit, std::string_view error_name, std::string_view text) {
  const std::string name_sent(wire::is_error_name(error_name) ? std::string(error_name)
                                                              : full_error_name("Failed"));
  for (const std::string& name : starts.of_unit(unit)) start_failed(name, name_sent, text);
}

}  // namespace headway::broker
