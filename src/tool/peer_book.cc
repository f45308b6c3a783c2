// SPDX-License-Identifier: MIT
#include "tool/peer_book.h"

#include <algorithm>

namespace headway::tool {

void PeerBook::own(std::string_view name, std::string_view unique_name) {
  const auto known = owners_.find(name);
  if (known != owners_.end()) {
    if (known->second == unique_name) return;
    if (const auto loser = peers_.find(known->second); loser != peers_.end()) {
      std::erase(loser->second.names, name);
    }
    owners_.erase(known);
  }
  if (unique_name.empty()) return;
  owners_.emplace(name, unique_name);
  at(unique_name).names.emplace_back(name);
}

void PeerBook::follow(const message& what) {
  if (what.type() != message_type::signal || what.sender() != bus_name ||
      what.member() != "NameOwnerChanged" || what.signature() != "sss") {
    return;
  }
  auto values = what.body();
  const std::string_view name = values.string();
  values.skip();
  const std::string_view owner = values.string();
  if (!is_unique_name(name)) {
    own(name, owner);
  } else if (!owner.empty()) {
    at(name);
  } else if (const auto gone = peers_.find(name); gone != peers_.end()) {
    for (const std::string& owned : gone->second.names) owners_.erase(owned);
    peers_.erase(gone);
  }
}

KnownPeer& PeerBook::at(std::string_view unique_name) {
  const auto known = peers_.find(unique_name);
  return known != peers_.end() ? known->second : peers_[std::string(unique_name)];
}

const KnownPeer* PeerBook::find(std::string_view name) const {
  const auto found = peers_.find(is_unique_name(name) ? name : owner_of(name));
  return found == peers_.end() ? nullptr : &found->second;
}

std::string_view PeerBook::owner_of(std::string_view name) const {
  const auto found = owners_.find(name);
  return found == owners_.end() ? std::string_view() : found->second;
}

std::string PeerBook::label_of(std::string_view name) const {
  std::string label(name);
  const KnownPeer* const peer = is_unique_name(name) ? find(name) : nullptr;
  if (peer == nullptr) return label;
  if (!peer->names.empty()) return peer->names.front();
  if (!peer->executable.empty()) label.append(" ").append(file_name_of(peer->executable));
  return label;
}

std::string_view file_name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace headway::tool
