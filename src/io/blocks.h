// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace headway::io {

class BlockPool;

/// Owns a run of memory that came from a pool, and gives it back.
class Block {
 public:
  Block() = default;
  Block(Block&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), data_(other.data_), size_(other.size_) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Block();

  explicit operator bool() const { return pool_ != nullptr; }
  [[nodiscard]] std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class BlockPool;
  Block(BlockPool* pool, std::uint8_t* data, std::size_t size)
      : pool_(pool), data_(data), size_(size) {}

  BlockPool* pool_ = nullptr;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Memory for messages on their way, so that an idle connection holds none. A few recently returned
/// blocks are kept for the next taker: a fresh page costs more than the copy that fills it. One
/// thread. Must outlive its blocks. Cost: take and give are a few instructions while the pool has
/// what is asked for.
class BlockPool {
 public:
  static constexpr std::size_t small_bytes_max = 64 * 1024;     // above: mapped on its own
  static constexpr std::size_t small_kept_bytes_max = 2 << 20;  // kept for the next taker
  static constexpr std::size_t large_kept_bytes_max = 8 << 20;
  static constexpr std::size_t bytes_max = std::size_t{1} << 28;

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool() { trim(); }

  /// At least `bytes`, at most a quarter more than that (and never under 512). An empty block if
  /// the system refuses, which a small one never is.
  [[nodiscard]] Block take(std::size_t bytes);

  /// Returns what is kept to the system.
  void trim();
  [[nodiscard]] std::size_t kept_bytes() const { return small_kept_ + large_kept_; }

 private:
  friend class Block;
  struct Free {
    Free* next;
  };
  // Four sizes to an octave, from 2^9 to 2^28.
  static constexpr int octave_min = 9;
  static constexpr int classes = (28 - octave_min) * 4 + 1;

  static int class_of(std::size_t bytes);
  static std::size_t class_bytes(int index);
  void give(std::uint8_t* data, std::size_t size);

  std::array<Free*, classes> free_{};
  std::size_t small_kept_ = 0;
  std::size_t large_kept_ = 0;
};

inline Block::~Block() {
  if (pool_ != nullptr) pool_->give(data_, size_);
}

}  // namespace headway::io
