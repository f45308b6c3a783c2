// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "broker/driver.h"
#include "wire/names.h"

namespace headway::broker {
namespace {

/// What keeps a name from being requested or released by anybody; empty: nothing (BUS-019,
/// BUS-029).
std::string unownable(std::string_view name) {
  if (!wire::is_bus_name(name)) return fmt::format("\"{}\" is not a valid bus name", name);
  if (name.starts_with(':')) {
    return fmt::format("\"{}\" is a unique name: the bus alone gives and takes those", name);
  }
  if (name == bus_name) return fmt::format("\"{}\" belongs to the bus itself", name);
  return {};
}

}  // namespace

Driver::Outcome Driver::hello_again(Call&, Reply&) {
  return refused("Failed", "Hello was said already on this connection");
}

Driver::Outcome Driver::request_name(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const std::uint32_t flags = call.arguments.uint32();
  Peer& peer = call.caller;

  if (std::string why = unownable(name); !why.empty())
    return refused("InvalidArgs", std::move(why));
  if (auto refusal = bus_.ask_to_own(peer, name)) {
    return {Outcome::Kind::refused, std::move(*refusal)};
  }
  const Verdict verdict = peer.policy->may_own(name);
  if (!verdict) return refused("AccessDenied", bus_.explain_own(peer, name, verdict));
  if (peer.names.size() + 1 >= bus_.limits.max_names_per_connection) {
    return refused("LimitsExceeded", bus_.explain_limit(peer, "owns as many names as it may",
                                                        "max_names_per_connection",
                                                        bus_.limits.max_names_per_connection));
  }

  const NameTable::Requested requested = bus_.names.request(name, peer.id, flags, *bus_.policy);
  if (requested.joined) bus_.own(peer, requested.name);
  if (requested.left) bus_.disown(peer, requested.name);
  if (Peer* dropped = bus_.peers.find(requested.dropped)) bus_.disown(*dropped, requested.name);
  if (requested.change) bus_.announce(name, *requested.change);
  reply.out.uint32(static_cast<std::uint32_t>(requested.reply));  // last (BUS-031)
  return {};
}

Driver::Outcome Driver::release_name(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  if (std::string why = unownable(name); !why.empty())
    return refused("InvalidArgs", std::move(why));

  const auto id = bus_.names.find(name);
  const auto answer = id ? bus_.give_up(call.caller, *id) : NameTable::ReleaseReply::non_existent;
  reply.out.uint32(static_cast<std::uint32_t>(answer));
  return {};
}

Driver::Outcome Driver::start_service_by_name(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const bool is_owned = subject(name).credentials != nullptr;
  if (is_owned && bus_.services.contains(name)) {
    reply.out.uint32(2);
    return {};
  }
  if (is_owned) return refused("ServiceUnknown", Bus::unknown_service(name));  // ACT-011
  if (auto refusal = bus_.check_start(call.caller, name)) {
    return {Outcome::Kind::refused, std::move(*refusal)};
  }
  bus_.start(name, &call.caller)
      .starters.push_back({call.caller.id, call.message.serial, call.message.expects_reply()});
  return {Outcome::Kind::handled, {}};
}

Driver::Outcome Driver::name_has_owner(Call& call, Reply& reply) {
  reply.out.boolean(subject(call.arguments.string()).credentials != nullptr);
  return {};
}

Driver::Outcome Driver::list_names(Call&, Reply& reply) {
  const auto array = reply.out.open_array('s');
  reply.out.string(bus_name);
  bus_.peers.each([&](const Peer& peer) {
    if (peer.state == Peer::State::active) reply.out.string(peer.unique_name());
  });
  for (const NameId name : bus_.names.all()) reply.out.string(bus_.names.text(name));
  reply.out.close_array(array);
  return {};
}

Driver::Outcome Driver::list_activatable_names(Call&, Reply& reply) {
  const auto array = reply.out.open_array('s');
  reply.out.string(bus_name);
  for (const auto& [name, service] : bus_.services) reply.out.string(name);
  reply.out.close_array(array);
  return {};
}

Driver::Outcome Driver::get_name_owner(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);
  reply.out.string(found.peer != nullptr ? found.peer->unique_name() : name);
  return {};
}

Driver::Outcome Driver::list_queued_owners(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);

  const auto array = reply.out.open_array('s');
  const auto id = bus_.names.find(name);
  if (id) {
    for (const NameTable::Owner& owner : bus_.names.queue(*id)) {
      reply.out.string(bus_.peers.find(owner.peer)->unique_name());
    }
  } else {
    reply.out.string(found.peer != nullptr ? found.peer->unique_name() : name);
  }
  reply.out.close_array(array);
  return {};
}

}  // namespace headway::broker
