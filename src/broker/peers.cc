// SPDX-License-Identifier: MIT
#include "broker/peers.h"

#include <fmt/format.h>

namespace headway::broker {
namespace {

constexpr std::string_view unique_prefix = ":1.";
constexpr std::size_t digits_max = 19;  // as many as always fit into 64 bits

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
  if (name.size() <= unique_prefix.size() || name[0] != unique_prefix[0] ||
      name[1] != unique_prefix[1] || name[2] != unique_prefix[2]) {
    return nullptr;
  }
  const std::string_view digits = name.substr(unique_prefix.size());
  if (digits.size() > digits_max) return nullptr;
  if (digits.size() > 1 && digits.front() == '0') return nullptr;  // ":1.07" is nobody's name
  Number number;
  for (const char character : digits) {
    const auto digit = static_cast<unsigned char>(character - '0');
    if (digit > 9) return nullptr;
    number.value = number.value * 10 + digit;
  }
  const auto slot = by_number_.find(number);
  return slot ? slots_[*slot].peer.get() : nullptr;
}

}  // namespace headway::broker
