// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <expected>
#include <string>

namespace headway::io {

/// A system call that failed: which one, and errno.
struct Error {
  const char* call = "";
  int number = 0;
  bool operator==(const Error& other) const { return number == other.number; }
};

/// "bind: Address already in use"
[[nodiscard]] std::string describe(const Error& error);

template <class T>
using Result = std::expected<T, Error>;

/// The call that has just failed.
[[nodiscard]] inline std::unexpected<Error> failure(const char* call) {
  return std::unexpected(Error{call, errno});
}

}  // namespace headway::io
