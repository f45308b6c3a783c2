// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "wire/types.h"

/// Numbers at any address, in either byte order.
namespace headway::wire {

template <std::unsigned_integral T>
[[nodiscard]] T ordered(T value, ByteOrder order) {
  if (order != native_order) [[unlikely]]
    value = std::byteswap(value);
  return value;
}

template <std::unsigned_integral T>
[[nodiscard]] T load(const std::uint8_t* at, ByteOrder order) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return ordered(value, order);
}

template <std::unsigned_integral T>
void store(std::uint8_t* at, T value, ByteOrder order) {
  value = ordered(value, order);
  std::memcpy(at, &value, sizeof value);
}

}  // namespace headway::wire
