// SPDX-License-Identifier: MIT
#include "tool/traffic_meter.h"

#include <utility>

namespace headway::tool {
namespace {

/// The connection that has left by what the message says; empty if it says no such thing.
std::string_view who_left(const message& what) {
  if (what.sender() != bus_name || what.member() != "NameOwnerChanged" ||
      what.signature() != "sss") {
    return {};
  }
  auto values = what.body();
  const std::string_view name = values.string();
  values.skip();
  return is_unique_name(name) && values.string().empty() ? name : std::string_view();
}

}  // namespace

PeerTraffic& TrafficMeter::row_of(Rows& rows, std::string_view name, const PeerBook& peers) const {
  const auto found = rows.find(name);
  if (found != rows.end()) return found->second;
  if (rows.size() >= peers_max_) return rows[""];
  PeerTraffic& row = rows[std::string(name)];
  row.name = name;
  if (const KnownPeer* const known = peers.find(name)) row.who = *known;
  return row;
}

void TrafficMeter::take(const message& what, WallTime when, const PeerBook& peers) {
  PeerTraffic& row = row_of(rows_, what.sender(), peers);
  ++row.messages;
  row.bytes += what.bytes().size();
  switch (what.type()) {
    case message_type::method_call:
      return calls_.add(what, when, false);
    case message_type::method_return:
    case message_type::error:
      static_cast<void>(calls_.take(what));
      return;
    case message_type::signal:
      if (const auto gone = who_left(what); !gone.empty()) calls_.forget(gone);
      return;
  }
}

std::vector<PeerTraffic> TrafficMeter::end_interval(const PeerBook& peers) {
  Rows rows = std::exchange(rows_, {});
  calls_.each([&](std::string_view caller, const SeenCall& call) {
    ++row_of(rows, caller, peers).waiting;
    const std::string_view owner = peers.owner_of(call.destination);
    ++row_of(rows, owner.empty() ? call.destination : owner, peers).owed;
  });
  std::vector<PeerTraffic> all;
  for (auto& [name, row] : rows) {
    if (const KnownPeer* const known = peers.find(name)) row.who = *known;
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace headway::tool
