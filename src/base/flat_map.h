// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace headway {

/// Spreads the bits of a key whose own are regular (counters, slots).
constexpr std::uint64_t mix(std::uint64_t key) {
  key ^= key >> 32;
  key *= 0xd6e8feb86659fd93u;
  key ^= key >> 32;
  key *= 0xd6e8feb86659fd93u;
  key ^= key >> 32;
  return key;
}

/// A hash table from small keys to 32-bit values in one array: linear probing, no tombstones, no
/// allocation except to grow. Key needs `==` and a `hash()` that depends on nothing else.
/// Not for iterating: the order of its slots is that of hashing.
template <class Key>
class FlatMap {
 public:
  [[nodiscard]] std::optional<std::uint32_t> find(const Key& key) const {
    if (slots_.empty()) return std::nullopt;
    for (std::size_t at = home(key);; at = next(at)) {
      if (!slots_[at].used) return std::nullopt;
      if (slots_[at].key == key) return slots_[at].value;
    }
  }

  /// False if the key was there already; its value is then unchanged.
  bool insert(const Key& key, std::uint32_t value) {
    if ((size_ + 1) * 4 > slots_.size() * 3) rehash(slots_.empty() ? 16 : slots_.size() * 2);
    std::size_t at = home(key);
    while (slots_[at].used) {
      if (slots_[at].key == key) return false;
      at = next(at);
    }
    slots_[at] = {key, value, true};
    ++size_;
    return true;
  }

  /// The value that was there.
  std::optional<std::uint32_t> erase(const Key& key) {
    if (slots_.empty()) return std::nullopt;
    std::size_t at = home(key);
    while (!(slots_[at].used && slots_[at].key == key)) {
      if (!slots_[at].used) return std::nullopt;
      at = next(at);
    }
    const std::uint32_t value = slots_[at].value;
    close_gap(at);
    --size_;
    // Shrinks late, so that a table that fills and empties every turn is not rebuilt every turn.
    if (slots_.size() > 4096 && size_ * 16 < slots_.size()) rehash(slots_.size() / 2);
    return value;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    Key key{};
    std::uint32_t value = 0;
    bool used = false;
  };

  [[nodiscard]] std::size_t home(const Key& key) const {
    return static_cast<std::size_t>(key.hash()) & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  /// Moves back what probed past `gap`, so that no search stops early.
  void close_gap(std::size_t gap) {
    for (std::size_t at = next(gap); slots_[at].used; at = next(at)) {
      const std::size_t wanted = home(slots_[at].key);
      const bool reachable =
          ((at - wanted) & (slots_.size() - 1)) >= ((at - gap) & (slots_.size() - 1));
      if (!reachable) continue;
      slots_[gap] = slots_[at];
      gap = at;
    }
    slots_[gap].used = false;
  }

  void rehash(std::size_t size) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
    for (const Slot& slot : old) {
      if (!slot.used) continue;
      std::size_t at = home(slot.key);
      while (slots_[at].used) at = next(at);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace headway
