// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

/// Hashing for tables whose entries are compared with what is looked for: a collision costs time,
/// never correctness. What is reported never comes in the order of hashes.
namespace headway::broker {

/// Two numbers stirred into one by the halves of their 128-bit product.
inline std::uint64_t hash_fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// `hash` with one more number in it; the order of numbers counts.
inline std::uint64_t hash_more(std::uint64_t hash, std::uint64_t value) {
  return hash_fold(hash ^ value, 0x8bb8'4b93'962e'acc9);
}

/// Cost: one multiplication per eight bytes.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  const auto load = [](const char* from, auto word) {
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const char* at = text.data();
  const std::size_t size = text.size();
  std::uint64_t hash = hash_fold(seed ^ 0x2d35'8dcc'aa6c'78a5, size + 0x9e37'79b9'7f4a'7c15);

  if (size >= 8) {  // the last word may overlap the one before it
    const char* const last = at + size - 8;
    for (; at < last; at += 8) hash = hash_more(hash, load(at, std::uint64_t{}));
    return hash_more(hash, load(last, std::uint64_t{}));
  }
  if (size >= 4) {
    const std::uint64_t head = load(at, std::uint32_t{});
    return hash_more(hash, head << 32 | load(at + size - 4, std::uint32_t{}));
  }
  std::uint64_t word = 0;
  for (; at != text.data() + size; ++at) word = word << 8 | static_cast<unsigned char>(*at);
  return hash_more(hash, word);
}

}  // namespace headway::broker
