// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "broker/driver.h"

namespace headway::broker {
namespace {

/// A word that a property lists, if a fact makes it true.
struct Word {
  std::string_view text;
  bool BusFacts::* only_if = nullptr;
};
// Ascending.
constexpr auto features =
    std::to_array<Word>({{"ActivatableServicesChanged"},
                         {"AppArmor", &BusFacts::apparmor},
                         {"HeaderFiltering"},
                         {"SELinux", &BusFacts::selinux},
                         {"SystemdActivation", &BusFacts::systemd_activation}});
constexpr auto optional_interfaces = std::to_array<Word>({{"org.freedesktop.DBus.Monitoring"},
                                                          {"org.freedesktop.DBus.Debug.Stats"},
                                                          {"org.headway.Bus1"}});

struct Property {
  std::string_view name;
  std::span<const Word> words;
};
constexpr std::array<Property, 2> properties{
    {{"Features", features}, {"Interfaces", optional_interfaces}}};

void write_value(wire::BodyWriter& out, const Property& property, const BusFacts& facts) {
  out.signature("as");
  const auto array = out.open_array('s');
  for (const Word& word : property.words) {
    if (word.only_if == nullptr || facts.*word.only_if) out.string(word.text);
  }
  out.close_array(array);
}

bool is_interface(std::string_view name) {
  return std::ranges::any_of(
      Driver::methods(), [&](const Driver::Method& method) { return method.interface == name; });
}

const Property* find_property(std::string_view interface, std::string_view name) {
  if (interface != bus_name) return nullptr;
  const auto found = std::ranges::find(properties, name, &Property::name);
  return found == properties.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Driver::Outcome> Driver::read_rule(std::string_view text) {
  const auto read = wire::parse_match_rule(text, rule_);
  if (read) return std::nullopt;
  return refused(read.error().too_long ? "LimitsExceeded" : "MatchRuleInvalid", read.error().text);
}

Driver::Outcome Driver::add_match(Call& call, Reply&) {
  Peer& peer = call.caller;
  if (auto refused = read_rule(call.arguments.string())) return *std::move(refused);
  if (rule_.eavesdrop) {
    if (!bus_.is_privileged(peer)) {
      return refused("AccessDenied",
                     "Only root and the bus's own user may eavesdrop; see BecomeMonitor");
    }
    if (auto refusal = bus_.ask_to_eavesdrop(peer)) {
      return {Outcome::Kind::refused, std::move(*refusal)};
    }
  }
  const auto count = static_cast<std::uint32_t>(bus_.matches.count(peer.id)) + 1;
  if (count > bus_.limits.max_match_rules_per_connection) {
    return refused("LimitsExceeded",
                   bus_.explain_limit(peer, "has as many match rules as it may",
                                      "max_match_rules_per_connection",
                                      bus_.limits.max_match_rules_per_connection));
  }

  if (rule_.eavesdrop) bus_.eavesdroppers.add(peer.id, rule_);
  bus_.matches.add(peer.id, rule_);
  peer.counters.peak_matches = std::max(peer.counters.peak_matches, count);
  bus_.peaks.matches_per_connection = std::max(bus_.peaks.matches_per_connection, count);
  bus_.peaks.matches =
      std::max(bus_.peaks.matches, static_cast<std::uint32_t>(bus_.matches.count()));
  return {};
}

Driver::Outcome Driver::remove_match(Call& call, Reply&) {
  const std::string_view text = call.arguments.string();
  if (auto refused = read_rule(text)) return *std::move(refused);
  if (!bus_.matches.remove(call.caller.id, rule_)) {
    return refused("MatchRuleNotFound",
                   fmt::format("This connection has no match rule equal to {}", text));
  }
  if (rule_.eavesdrop) bus_.eavesdroppers.remove(call.caller.id, rule_);
  return {};
}

Driver::Outcome Driver::update_activation_environment(Call& call, Reply&) {
  if (bus_.guards_environment) {
    return refused("AccessDenied",
                   "Services of this bus are started by its helper, whose environment is fixed");
  }
  std::vector<std::pair<std::string_view, std::string_view>> variables;
  const std::size_t end = call.arguments.open_array('{');
  while (!call.arguments.at_end(end)) {
    call.arguments.begin_struct();
    const std::string_view name = call.arguments.string();
    const std::string_view value = call.arguments.string();
    if (name.empty() || name.contains('=')) {
      return refused("InvalidArgs",
                     fmt::format("\"{}\" cannot be the name of an environment variable", name));
    }
    variables.emplace_back(name, value);
  }
  if (!variables.empty()) bus_.effects.update_environment(variables);
  if (bus_.facts.systemd_activation) bus_.set_systemd_environment(variables);
  return {};
}

Driver::Outcome Driver::reload_config(Call& call, Reply&) {
  bus_.reload_requests.push_back(
      {call.caller.id, call.message.serial, call.message.expects_reply()});
  if (bus_.reload_requests.size() == 1) bus_.effects.reload_config();
  return {Outcome::Kind::handled, {}};
}

void Driver::finish_reload(std::string_view error) {
  bus_.signal_all("ActivatableServicesChanged", {});  // in either case (DRV-020)
  for (const Bus::ReloadRequest& request : std::exchange(bus_.reload_requests, {})) {
    Peer* caller = bus_.peers.find(request.caller);
    if (caller == nullptr || !request.wants_reply) continue;
    wire::Message call;
    call.serial = request.serial;
    if (error.empty()) {
      bus_.reply(*caller, call);
    } else {
      bus_.refuse(*caller, call, "Failed", error);
    }
  }
}

Driver::Outcome Driver::get_id(Call&, Reply& reply) {
  reply.out.string(bus_.facts.id);
  return {};
}

Driver::Outcome Driver::become_monitor(Call& call, Reply&) {
  std::vector<wire::MatchRule> rules;
  const std::size_t end = call.arguments.open_array('s');
  while (!call.arguments.at_end(end)) {
    auto rule = wire::parse_match_rule(call.arguments.string());
    if (!rule) return refused("MatchRuleInvalid", rule.error().text);
    rules.push_back(std::move(*rule));
  }
  if (call.arguments.uint32() != 0) {
    return refused("InvalidArgs", "BecomeMonitor knows no flags: the second argument must be 0");
  }
  if (rules.size() > bus_.limits.max_match_rules_per_connection) {
    return refused("LimitsExceeded",
                   bus_.explain_limit(call.caller, "asks for more match rules than it may have",
                                      "max_match_rules_per_connection",
                                      bus_.limits.max_match_rules_per_connection));
  }
  if (auto refusal = bus_.ask_to_eavesdrop(call.caller)) {
    return {Outcome::Kind::refused, std::move(*refusal)};
  }

  Peer& peer = call.caller;
  if (rules.empty()) rules.emplace_back();  // MON-002
  bus_.reply(peer, call.message);           // first (MON-003)
  bus_.strip(peer, Bus::NameOrder::unique_first);
  peer.state = Peer::State::monitor;
  for (const wire::MatchRule& rule : rules) bus_.monitors.add(peer.id, rule);
  return {Outcome::Kind::handled, {}};
}

Driver::Outcome Driver::introspect(Call& call, Reply& reply) {
  reply.out.string(introspection_xml(call.message.path));
  return {};
}

Driver::Outcome Driver::ping(Call&, Reply&) { return {}; }

Driver::Outcome Driver::get_machine_id(Call&, Reply& reply) {
  if (bus_.facts.machine_id.empty()) {
    return refused("FileNotFound", "This machine has no readable machine id in /etc/machine-id");
  }
  reply.out.string(bus_.facts.machine_id);
  return {};
}

Driver::Outcome Driver::get_property(Call& call, Reply& reply) {
  const std::string_view interface = call.arguments.string();
  const std::string_view name = call.arguments.string();
  if (!is_interface(interface)) {
    return refused("UnknownInterface", fmt::format("The bus has no interface {}", interface));
  }
  const Property* property = find_property(interface, name);
  if (property == nullptr) {
    return refused("UnknownProperty", fmt::format("{} has no property {}", interface, name));
  }
  write_value(reply.out, *property, bus_.facts);
  return {};
}

Driver::Outcome Driver::get_all_properties(Call& call, Reply& reply) {
  const std::string_view interface = call.arguments.string();
  if (!is_interface(interface)) {
    return refused("UnknownInterface", fmt::format("The bus has no interface {}", interface));
  }
  const auto array = reply.out.open_array('{');
  for (const Property& property : properties) {
    if (interface != bus_name) continue;
    reply.out.begin_struct();
    reply.out.string(property.name);
    write_value(reply.out, property, bus_.facts);
  }
  reply.out.close_array(array);
  return {};
}

Driver::Outcome Driver::set_property(Call& call, Reply&) {
  const std::string_view interface = call.arguments.string();
  const std::string_view name = call.arguments.string();
  if (!is_interface(interface)) {
    return refused("UnknownInterface", fmt::format("The bus has no interface {}", interface));
  }
  if (find_property(interface, name) == nullptr) {
    return refused("UnknownProperty", fmt::format("{} has no property {}", interface, name));
  }
  return refused("PropertyReadOnly", fmt::format("{}.{} cannot be set", interface, name));
}

}  // namespace headway::broker
