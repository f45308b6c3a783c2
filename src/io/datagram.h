// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fd.h"
#include "io/error.h"

namespace headway::io {

/// A socket that sends to other unix datagram sockets; close-on-exec.
[[nodiscard]] Result<Fd> datagram_socket();

enum class WhenFull : std::uint8_t { wait, fail };  // with EAGAIN

/// Sends one datagram to whoever listens at `path`, looked up anew each time, so that a receiver
/// that was restarted is found. A leading @ stands for the abstract namespace.
[[nodiscard]] Result<void> send_datagram(const Fd& socket, std::string_view path,
                                         std::string_view bytes, WhenFull when_full);

}  // namespace headway::io
