// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.h"

/// Small pieces for tables of many little things that name each other by number instead of by
/// pointer: half the size, and they can be moved and written down.
namespace headway::broker {

inline constexpr std::uint32_t no_id = 0xffff'ffff;

/// Things by number; numbers of things given back are used again, latest first.
template <class T>
class Pool {
 public:
  [[nodiscard]] T& operator[](std::uint32_t id) { return items_[id]; }
  [[nodiscard]] const T& operator[](std::uint32_t id) const { return items_[id]; }

  [[nodiscard]] std::uint32_t take() {
    if (free_.empty()) {
      // By half, not double: what is unused of the last growth is memory per rule too.
      if (items_.size() == items_.capacity()) items_.reserve(items_.size() + items_.size() / 2 + 4);
      items_.emplace_back();
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t id = free_.back();
    free_.pop_back();
    return id;
  }

  void give_back(std::uint32_t id) {
    items_[id] = T{};
    free_.push_back(id);
    if (free_.size() == items_.size()) *this = Pool{};  // all memory goes when the last one does
  }

 private:
  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
};

/// A doubly linked list through members of a pool: things are added at its end and removed from
/// anywhere without a search.
struct Link {
  std::uint32_t previous = no_id;
  std::uint32_t next = no_id;
};
struct List {
  std::uint32_t first = no_id;
  std::uint32_t last = no_id;
  [[nodiscard]] bool empty() const { return first == no_id; }
};

template <auto link, class T>
void append(Pool<T>& pool, List& list, std::uint32_t id) {
  pool[id].*link = {.previous = list.last, .next = no_id};
  (list.empty() ? list.first : (pool[list.last].*link).next) = id;
  list.last = id;
}

template <auto link, class T>
void unlink(Pool<T>& pool, List& list, std::uint32_t id) {
  const Link at = pool[id].*link;
  (at.previous == no_id ? list.first : (pool[at.previous].*link).next) = at.next;
  (at.next == no_id ? list.last : (pool[at.next].*link).previous) = at.previous;
}

/// Finds ids by hash: open addressing, at most three quarters full, eight bytes a cell. Who asks
/// compares the things themselves.
class IdTable {
 public:
  template <class Equal>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Equal&& equal) const {
    if (cells_.empty()) return no_id;
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = home(tag); cells_[at].id != no_id; at = after(at)) {
      if (cells_[at].tag == tag && equal(cells_[at].id)) return cells_[at].id;
    }
    return no_id;
  }

  /// `id` must not be there yet.
  void insert(std::uint64_t hash, std::uint32_t id) {
    if ((size_ + 1) * 4 > cells_.size() * 3) resize(cells_.empty() ? 8 : cells_.size() * 2);
    put({tag_of(hash), id});
    ++size_;
  }

  /// Puts `id` in the place of `old_id`, which must be there, with the same hash.
  void replace(std::uint64_t hash, std::uint32_t old_id, std::uint32_t id) {
    cells_[place(hash, old_id)].id = id;
  }

  /// `id` must be there.
  void erase(std::uint64_t hash, std::uint32_t id) {
    std::size_t hole = place(hash, id);
    for (std::size_t at = after(hole); cells_[at].id != no_id; at = after(at)) {
      // A cell may fill the hole unless its home lies behind the hole.
      const std::size_t from_home = (at - home(cells_[at].tag)) & (cells_.size() - 1);
      if (from_home >= ((at - hole) & (cells_.size() - 1))) {
        cells_[hole] = cells_[at];
        hole = at;
      }
    }
    cells_[hole] = {};
    --size_;
    if (size_ == 0) {
      cells_ = {};
    } else if (size_ * 8 < cells_.size() && cells_.size() > 64) {
      resize(cells_.size() / 2);
    }
  }

 private:
  struct Cell {
    std::uint32_t tag = 0;
    std::uint32_t id = no_id;
  };

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  [[nodiscard]] std::size_t home(std::uint32_t tag) const { return tag & (cells_.size() - 1); }
  [[nodiscard]] std::size_t after(std::size_t at) const { return (at + 1) & (cells_.size() - 1); }

  [[nodiscard]] std::size_t place(std::uint64_t hash, std::uint32_t id) const {
    HEADWAY_ASSERT(size_ != 0);
    std::size_t at = home(tag_of(hash));
    for (; cells_[at].id != id; at = after(at)) HEADWAY_ASSERT(cells_[at].id != no_id);
    return at;
  }

  void put(Cell cell) {
    std::size_t at = home(cell.tag);
    while (cells_[at].id != no_id) at = after(at);
    cells_[at] = cell;
  }

  void resize(std::size_t size) {
    const std::vector<Cell> old = std::exchange(cells_, std::vector<Cell>(size));
    for (const Cell& cell : old) {
      if (cell.id != no_id) put(cell);
    }
  }

  std::vector<Cell> cells_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace headway::broker
