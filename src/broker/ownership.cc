// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "broker/bus.h"

namespace headway::broker {

void Bus::own(Peer& peer, NameId name) {
  peer.names.push_back(name);
  const auto count = static_cast<std::uint32_t>(peer.names.size()) + 1;  // with the unique name
  peer.counters.peak_names = std::max(peer.counters.peak_names, count);
  peaks.names_per_connection = std::max(peaks.names_per_connection, count);
  note_peak_of_names();
  // Most names mean nothing to policy: then owning thousands costs no more each than owning one.
  if (!names.keys(name).empty()) rekey(peer);
}

void Bus::note_peak_of_names() {
  peaks.names = std::max(peaks.names, static_cast<std::uint32_t>(names.size() + peers.named()));
}

void Bus::disown(Peer& peer, NameId name) {
  // From the back: a peer that leaves gives up its latest name first.
  const auto found = std::ranges::find(peer.names.rbegin(), peer.names.rend(), name);
  if (found == peer.names.rend()) return;
  peer.names.erase(std::next(found).base());
  if (!names.keys(name).empty()) rekey(peer);
}

void Bus::rekey(Peer& peer) {
  const std::size_t before = peer.keys.size();
  peer.keys = peer.own_keys;
  for (const NameId name : peer.names) {
    const auto keys = names.keys(name);
    peer.keys.insert(peer.keys.end(), keys.begin(), keys.end());
  }
  if (peer.keys.empty() && before == 0) return;
  std::ranges::sort(peer.keys);
  peer.keys.erase(std::unique(peer.keys.begin(), peer.keys.end()), peer.keys.end());
}

void Bus::announce(std::string_view name, const NameTable::Change& change) {
  Peer* old_owner = peers.find(change.old_owner);
  Peer* new_owner = peers.find(change.new_owner);
  if (old_owner != nullptr) signal(*old_owner, "NameLost", name);
  const std::array<std::string_view, 3> texts{name,
                                              old_owner != nullptr ? old_owner->unique_name() : "",
                                              new_owner != nullptr ? new_owner->unique_name() : ""};
  std::optional<ActivationTable::Pending> awaited;
  if (new_owner != nullptr) awaited = starts.take(name);
  signal_all("NameOwnerChanged", texts);
  if (awaited) answer_starters(*awaited);  // BUS-034
  if (new_owner != nullptr) signal(*new_owner, "NameAcquired", name);
  if (awaited) deliver_held(name, *awaited);  // ACT-015
  if (new_owner != nullptr && name == systemd_name && starts.size() > 0) watch_units();
}

}  // namespace headway::broker
