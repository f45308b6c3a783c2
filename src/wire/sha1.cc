// SPDX-License-Identifier: MIT
#include "wire/sha1.h"

#include <algorithm>
#include <bit>
#include <span>

// FIPS 180-4, section 6.1.

namespace headway::wire {
namespace {

constexpr std::size_t block_bytes = 64;
constexpr std::size_t length_bytes = 8;

using Block = std::span<const std::uint8_t, block_bytes>;
using State = std::array<std::uint32_t, 5>;

std::uint32_t big_endian_word(Block block, std::size_t index) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | block[index * 4 + i];
  return word;
}

/// The function and constant of round `t`.
std::uint32_t mix(std::size_t t, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999u;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1u;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
  return (b ^ c ^ d) + 0xca62c1d6u;
}

void add_block(State& state, Block block) {
  std::array<std::uint32_t, 80> w;
  for (std::size_t t = 0; t < 16; ++t) w[t] = big_endian_word(block, t);
  for (std::size_t t = 16; t < 80; ++t) {
    w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  }

  auto [a, b, c, d, e] = state;
  for (std::size_t t = 0; t < 80; ++t) {
    const std::uint32_t next = std::rotl(a, 5) + mix(t, b, c, d) + e + w[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void add_tail(State& state, Bytes tail, std::uint64_t text_bytes) {
  std::array<std::uint8_t, 2 * block_bytes> padded = {};
  std::ranges::copy(tail, padded.begin());
  padded[tail.size()] = 0x80;
  const bool one = tail.size() + 1 + length_bytes <= block_bytes;
  const std::size_t used = one ? block_bytes : 2 * block_bytes;
  const std::uint64_t bits = text_bytes * 8;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    padded[used - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  }

  const std::span<const std::uint8_t> all = padded;
  for (std::size_t at = 0; at < used; at += block_bytes) {
    add_block(state, all.subspan(at).first<block_bytes>());
  }
}

}  // namespace

std::array<std::uint8_t, 20> sha1(Bytes text) {
  State state = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
  Bytes rest = text;
  while (rest.size() >= block_bytes) {
    add_block(state, rest.first<block_bytes>());
    rest = rest.subspan(block_bytes);
  }
  add_tail(state, rest, text.size());

  std::array<std::uint8_t, 20> digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return digest;
}

}  // namespace headway::wire
