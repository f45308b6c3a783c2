// SPDX-License-Identifier: MIT
#include "io/blocks.h"

#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <new>

#include "base/assert.h"

namespace headway::io {
namespace {

std::uint8_t* allocate(std::size_t bytes) {
  if (bytes <= BlockPool::small_bytes_max) return static_cast<std::uint8_t*>(std::malloc(bytes));
  // Mapped alone, so that pages nobody writes to cost nothing and go back when it does.
  void* const data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return data == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(data);
}

void release(std::uint8_t* data, std::size_t bytes) {
  if (bytes <= BlockPool::small_bytes_max) {
    std::free(data);
  } else {
    ::munmap(data, bytes);
  }
}

}  // namespace

int BlockPool::class_of(std::size_t bytes) {
  if (bytes <= std::size_t{1} << octave_min) return 0;
  // `octave` is the largest with 2^octave < bytes, so that quarters count up from just above it.
  const int octave = static_cast<int>(std::bit_width(bytes - 1)) - 1;
  const auto quarter = static_cast<int>((bytes - 1 - (std::size_t{1} << octave)) >> (octave - 2));
  return (octave - octave_min) * 4 + quarter + 1;
}

std::size_t BlockPool::class_bytes(int index) {
  const int octave = octave_min + index / 4;
  return (std::size_t{1} << octave) + (static_cast<std::size_t>(index % 4) << (octave - 2));
}

Block BlockPool::take(std::size_t bytes) {
  HEADWAY_ASSERT(bytes <= bytes_max);
  const int index = class_of(bytes);
  const std::size_t size = class_bytes(index);
  const bool small = size <= small_bytes_max;
  Free*& list = free_[static_cast<std::size_t>(index)];
  if (list != nullptr) {
    Free* const taken = std::exchange(list, list->next);
    (small ? small_kept_ : large_kept_) -= size;
    return {this, reinterpret_cast<std::uint8_t*>(taken), size};
  }
  std::uint8_t* const data = allocate(size);
  HEADWAY_ASSERT(data != nullptr || !small);
  if (data == nullptr) return {};
  return {this, data, size};
}

void BlockPool::give(std::uint8_t* data, std::size_t size) {
  const bool small = size <= small_bytes_max;
  std::size_t& kept = small ? small_kept_ : large_kept_;
  if (kept + size > (small ? small_kept_bytes_max : large_kept_bytes_max)) {
    release(data, size);
    return;
  }
  Free*& list = free_[static_cast<std::size_t>(class_of(size))];
  list = new (data) Free{list};
  kept += size;
}

void BlockPool::trim() {
  for (int index = 0; index < classes; ++index) {
    Free*& list = free_[static_cast<std::size_t>(index)];
    while (list != nullptr) {
      Free* const freed = std::exchange(list, list->next);
      release(reinterpret_cast<std::uint8_t*>(freed), class_bytes(index));
    }
  }
  small_kept_ = 0;
  large_kept_ = 0;
}

}  // namespace headway::io
