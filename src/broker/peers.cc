// SPDX-License-Identifier: MIT
#include "broker/peers.h"

#include <fmt/format.h>

#include <charconv>

namespace headway::broker {
namespace {

constexpr std::string_view unique_prefix = ":1.";

}  // namespace

Peer& PeerTable::create() {
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const PeerId id{slot, ++slots_[slot].generation};
  slots_[slot].peer = std::make_unique<Peer>(id);
  return *slots_[slot].peer;
}

void PeerTable::remove(PeerId peer) {
  slots_[peer.slot].peer.reset();
  // A slot whose generations are used up is not used again: ids stay unique.
  if (peer.generation != ~0u) free_.push_back(peer.slot);
}

void PeerTable::name(Peer& peer) {
  peer.number = next_number_++;
  peer.stamp.emplace(fmt::format("{}{}", unique_prefix, peer.number));
  by_number_.insert({peer.number}, peer.id.slot);
}

void PeerTable::unname(const Peer& peer) { by_number_.erase({peer.number}); }

Peer* PeerTable::find_unique(std::string_view name) const {
  if (!name.starts_with(unique_prefix)) return nullptr;
  const std::string_view digits = name.substr(unique_prefix.size());
  Number number;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return nullptr;
  if (digits.size() > 1 && digits.front() == '0') return nullptr;  // ":1.07" is nobody's name
  const auto slot = by_number_.find(number);
  return slot ? slots_[*slot].peer.get() : nullptr;
}

}  // namespace headway::broker
