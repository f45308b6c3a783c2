// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace headway::io {

/// What the kernel remembers about the process that connected a unix socket.
struct PeerCredentials {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> pid;
  std::optional<std::vector<std::uint32_t>> groups;  // ascending, with the primary one
  std::string label;  // of the security module, without a NUL at its end; empty: none
};

/// Asks the kernel alone: no look-up of users, no file (design: accepting looks nobody up). All
/// empty for a socket that is not a unix one. Cost: three system calls.
[[nodiscard]] PeerCredentials peer_credentials(int socket);

/// A pidfd of the process that connected a unix socket, as the kernel remembers it: no other can
/// have taken its number. None before Linux 6.5, for other sockets, and perhaps for a process that
/// has ended.
[[nodiscard]] Fd peer_process(int socket);

}  // namespace headway::io
