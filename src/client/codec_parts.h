// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "base/assert.h"
#include "headway/detail/codec.h"

/// What the encoder and the decoder have in common.
namespace headway::detail {

template <class T>
T& as(void* value) {
  return *static_cast<T*>(value);
}
template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

/// Enums are numbers to the codec, but not to the compiler.
template <class T>
T number(const void* value) {
  T result;
  std::memcpy(&result, value, sizeof(result));
  return result;
}
template <class T>
void set_number(void* value, T number) {
  std::memcpy(value, &number, sizeof(number));
}

/// Throws invalid_args for none.
[[nodiscard]] unique_fd duplicate(int fd);

/// The addresses of a struct's members.
struct Members {
  Members(const type& type, const void* object) {
    HEADWAY_ASSERT(type.count <= members_max);
    type.addresses(object, at.data());
  }
  std::array<const void*, members_max> at;
};

}  // namespace headway::detail
