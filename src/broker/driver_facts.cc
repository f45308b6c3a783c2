// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <limits>

#include "broker/driver.h"

namespace headway::broker {
namespace {

/// Statistics are 32-bit on the bus (STAT-002): what is larger shows as the largest.
std::uint32_t clamped(std::uint64_t value) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(value < most ? value : most);
}

void write_number(wire::BodyWriter& out, std::string_view name, std::uint64_t value) {
  out.begin_struct();
  out.string(name);
  out.signature("u");
  out.uint32(clamped(value));
}

}  // namespace

Driver::Outcome Driver::get_unix_user(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);
  if (!found.credentials->uid) {
    return refused("Failed", fmt::format("The user of \"{}\" is not known", name));
  }
  reply.out.uint32(*found.credentials->uid);
  return {};
}

Driver::Outcome Driver::get_process_id(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);
  if (!found.credentials->pid) {
    return refused("UnixProcessIdUnknown", fmt::format("The process of \"{}\" is not known", name));
  }
  reply.out.uint32(*found.credentials->pid);
  return {};
}

Driver::Outcome Driver::get_audit_data(Call& call, Reply&) {
  const std::string_view name = call.arguments.string();
  if (subject(name).credentials == nullptr) return no_owner(name);
  return refused("AdtAuditDataUnknown", "Solaris audit data does not exist on this system");
}

Driver::Outcome Driver::get_selinux_context(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);
  // Without SELinux a label is another security module's.
  if (!bus_.facts.selinux || found.credentials->label.empty()) {
    return refused("SELinuxSecurityContextUnknown",
                   fmt::format("The SELinux context of \"{}\" is not known", name));
  }
  reply.out.bytes(as_bytes(found.credentials->label));
  return {};
}

Driver::Outcome Driver::get_credentials(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);
  const Credentials& credentials = *found.credentials;

  wire::BodyWriter& out = reply.out;
  const auto dictionary = out.open_array('{');
  if (credentials.uid) write_number(out, "UnixUserID", *credentials.uid);
  if (credentials.groups) {
    out.begin_struct();
    out.string("UnixGroupIDs");
    out.signature("au");
    const auto groups = out.open_array('u');
    for (const std::uint32_t group : *credentials.groups) out.uint32(group);
    out.close_array(groups);
  }
  if (credentials.pid) write_number(out, "ProcessID", *credentials.pid);
  if (found.peer != nullptr && call.caller.fds_agreed &&
      bus_.effects.open_process(found.peer->id)) {
    out.begin_struct();
    out.string("ProcessFD");
    out.signature("h");
    out.uint32(0);
    reply.process_fd_of = found.peer->id;
  }
  if (!credentials.label.empty()) {
    out.begin_struct();
    out.string("LinuxSecurityLabel");
    out.signature("ay");
    const std::string with_nul = credentials.label + '\0';
    out.bytes(as_bytes(with_nul));
  }
  out.close_array(dictionary);
  return {};
}

Driver::Outcome Driver::get_stats(Call&, Reply& reply) {
  wire::BodyWriter& out = reply.out;
  const auto stats = out.open_array('{');
  write_number(out, "Serial", bus_.latest_serial());
  // The reference counts its list pool here; there is none in this bus.
  write_number(out, "ListMemPoolUsedBytes", 0);
  write_number(out, "ListMemPoolCachedBytes", 0);
  write_number(out, "ListMemPoolAllocatedBytes", 0);
  write_number(out, "ActiveConnections", bus_.completed);
  write_number(out, "IncompleteConnections", bus_.incomplete);
  write_number(out, "MatchRules", bus_.matches.count());
  write_number(out, "PeakMatchRules", bus_.peaks.matches);
  write_number(out, "PeakMatchRulesPerConnection", bus_.peaks.matches_per_connection);
  write_number(out, "BusNames", bus_.names.size() + bus_.peers.named());
  write_number(out, "PeakBusNames", bus_.peaks.names);
  write_number(out, "PeakBusNamesPerConnection", bus_.peaks.names_per_connection);
  out.close_array(stats);
  return {};
}

Driver::Outcome Driver::get_connection_stats(Call& call, Reply& reply) {
  const std::string_view name = call.arguments.string();
  const Subject found = subject(name);
  if (found.credentials == nullptr) return no_owner(name);
  if (found.peer == nullptr) {
    return refused("InvalidArgs", "The bus itself is not a connection: see GetStats");
  }

  const Peer& peer = *found.peer;
  wire::BodyWriter& out = reply.out;
  const auto stats = out.open_array('{');
  write_number(out, "Serial", bus_.latest_serial());
  out.begin_struct();
  out.string("UniqueName");
  out.signature("s");
  out.string(peer.unique_name());
  write_number(out, "MatchRules", bus_.matches.count(peer.id));
  write_number(out, "PeakMatchRules", peer.counters.peak_matches);
  write_number(out, "BusNames", peer.names.size() + 1);
  write_number(out, "PeakBusNames", peer.counters.peak_names);
  write_number(out, "IncomingMessages", peer.counters.messages_in);
  write_number(out, "IncomingBytes", peer.in_flight_bytes);
  write_number(out, "IncomingFDs", peer.in_flight_fds);
  write_number(out, "PeakIncomingBytes", peer.counters.peak_in_flight_bytes);
  write_number(out, "PeakIncomingFDs", peer.counters.peak_in_flight_fds);
  write_number(out, "OutgoingMessages", peer.counters.messages_out);
  write_number(out, "OutgoingBytes", peer.queue.bytes());
  write_number(out, "OutgoingFDs", peer.queue.fds());
  write_number(out, "PeakOutgoingBytes", peer.counters.peak_queued_bytes);
  write_number(out, "PeakOutgoingFDs", peer.counters.peak_queued_fds);
  out.close_array(stats);
  return {};
}

Driver::Outcome Driver::get_all_match_rules(Call&, Reply& reply) {
  wire::BodyWriter& out = reply.out;
  const auto peers = out.open_array('{');
  bus_.peers.each([&](const Peer& peer) {
    if (peer.state != Peer::State::active) return;
    out.begin_struct();
    out.string(peer.unique_name());
    const auto rules = out.open_array('s');
    for (const wire::MatchRule& rule : bus_.matches.rules_of(peer.id)) {
      out.string(wire::to_string(rule));
    }
    out.close_array(rules);
  });
  out.close_array(peers);
  return {};
}

}  // namespace headway::broker
