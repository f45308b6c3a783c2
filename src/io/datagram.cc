// SPDX-License-Identifier: MIT
#include "io/datagram.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace headway::io {

Result<Fd> datagram_socket() {
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return failure("socket");
  return fd;
}

Result<void> send_datagram(const Fd& socket, std::string_view path, std::string_view bytes,
                           WhenFull when_full) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return std::unexpected(Error{"sendto", ENAMETOOLONG});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int flags = MSG_NOSIGNAL | (when_full == WhenFull::fail ? MSG_DONTWAIT : 0);
  const ssize_t sent = ::sendto(socket.get(), bytes.data(), bytes.size(), flags,
                                reinterpret_cast<const sockaddr*>(&address), size);
  if (sent < 0) return failure("sendto");
  return {};
}

}  // namespace headway::io
