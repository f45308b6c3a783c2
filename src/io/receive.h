// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/fd.h"

namespace headway::io {

/// Most descriptors that the kernel passes with one sendmsg (SCM_MAX_FD).
inline constexpr std::size_t fds_per_send_max = 253;

/// What one recvmsg brought.
struct Receipt {
  enum class Kind : std::uint8_t { bytes, nothing, end, failed };
  Kind kind = Kind::nothing;
  std::size_t bytes = 0;       // more than 0 exactly for Kind::bytes
  bool fds_were_lost = false;  // the kernel could not hand all of them over (MSG_CTRUNC)
  int error = 0;               // for Kind::failed
};

/// Whether a read may sleep: for as long as the socket's SO_RCVTIMEO says, or until a signal.
enum class Wait : bool { no, yes };

/// Reads once. Descriptors are close-on-exec and appended to `fds`: they came with
/// the last of the bytes, because the kernel ends a read behind bytes that carry any. Cost: one
/// system call; allocates only if there are descriptors.
[[nodiscard]] Receipt receive(int socket, std::span<iovec> into, std::vector<Fd>& fds,
                              Wait wait = Wait::no);

}  // namespace headway::io
