// SPDX-License-Identifier: MIT
#include "io/random.h"

#include <sys/random.h>

#include <string_view>

#include "base/assert.h"

namespace headway::io {

std::string random_bytes(std::size_t bytes) {
  std::string result(bytes, '\0');
  HEADWAY_ASSERT(::getrandom(result.data(), bytes, 0) == static_cast<ssize_t>(bytes));
  return result;
}

std::string random_letters(std::size_t count) {
  constexpr std::string_view letters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string name;
  for (const char c : random_bytes(count)) {
    name += letters[static_cast<unsigned char>(c) % letters.size()];
  }
  return name;
}

}  // namespace headway::io
