// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "io/error.h"

namespace headway::io {

/// All sockets made here are non-blocking and close-on-exec.

/// Listens at a path, which is unlinked first if a socket lies there; everybody may connect
/// (ADDR-011).
[[nodiscard]] Result<Fd> listen_unix(const std::string& path);
/// Listens at a name in the abstract namespace.
[[nodiscard]] Result<Fd> listen_abstract(std::string_view name);

enum class IpFamily : std::uint8_t { any, ipv4, ipv6 };

struct TcpListen {
  std::string host;        // resolved; empty or "*": every interface
  std::uint16_t port = 0;  // 0: the kernel chooses one, the same for all addresses (ADDR-016)
  IpFamily family = IpFamily::any;
};
struct TcpListeners {
  std::vector<Fd> sockets;  // at least one
  std::uint16_t port = 0;
};
/// Listens on every address that `host` resolves to. Asks the name service. The error is a text,
/// for resolvers have errors of their own.
[[nodiscard]] std::expected<TcpListeners, std::string> listen_tcp(const TcpListen& options);

/// Where a listening socket listens, to publish sockets that others made.
struct BoundAddress {
  enum class Kind : std::uint8_t { unix_path, unix_abstract, ipv4, ipv6 };
  Kind kind = Kind::unix_path;
  std::string name;  // path, abstract name or numeric address
  std::uint16_t port = 0;
};
/// An error unless it is a listening stream socket of one of those kinds with a name.
[[nodiscard]] Result<BoundAddress> bound_address(int socket);

/// Sockets that a service manager handed to this very process (LISTEN_PID, LISTEN_FDS): how many,
/// from descriptor `handed_over_first` on.
inline constexpr int handed_over_first = 3;  // as sd_listen_fds(3) has it
[[nodiscard]] int sockets_handed_over();

/// Connects to a path at once or not at all: EAGAIN if others are waiting there.
[[nodiscard]] Result<Fd> connect_unix(const std::string& path);

/// Takes one waiting connection.
[[nodiscard]] Result<Fd> accept(int listener);

/// Two connected stream sockets.
[[nodiscard]] Result<std::pair<Fd, Fd>> socket_pair();

/// Do not wait for more bytes before sending few (ADDR-016).
void set_no_delay(int tcp_socket);

}  // namespace headway::io
