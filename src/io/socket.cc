// SPDX-License-Identifier: MIT
#include "io/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace headway::io {
namespace {

constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr int tcp_attempts = 16;  // to find a port that is free on every address

Result<Fd> listen_at(const sockaddr_un& address, socklen_t size) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | flags, 0));
  if (!fd) return failure("socket");
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    return failure("bind");
  }
  if (::listen(fd.get(), SOMAXCONN) < 0) return failure("listen");
  return fd;
}

struct Free {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, Free>;

Result<Fd> listen_at(const addrinfo& where, std::uint16_t port) {
  Fd fd(::socket(where.ai_family, SOCK_STREAM | flags, 0));
  if (!fd) return failure("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage address{};
  std::memcpy(&address, where.ai_addr, where.ai_addrlen);
  if (where.ai_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    reinterpret_cast<sockaddr_in6*>(&address)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), where.ai_addrlen) < 0) {
    return failure("bind");
  }
  if (::listen(fd.get(), SOMAXCONN) < 0) return failure("listen");
  return fd;
}

/// On every address of the list, with the port that the first one got if none was asked for.
Result<TcpListeners> listen_at_all(const addrinfo* list, std::uint16_t port) {
  TcpListeners result{.sockets = {}, .port = port};
  Error last{"getaddrinfo", EADDRNOTAVAIL};
  for (; list != nullptr; list = list->ai_next) {
    if (list->ai_family != AF_INET && list->ai_family != AF_INET6) continue;
    auto fd = listen_at(*list, result.port);
    if (!fd) {
      last = fd.error();
      // An address family that this machine has no use for is not an error of its own.
      if (last.number == EAFNOSUPPORT || last.number == EADDRNOTAVAIL) continue;
      return std::unexpected(last);
    }
    if (result.port == 0) {
      auto bound = bound_address(fd->get());
      if (!bound) return std::unexpected(bound.error());
      result.port = bound->port;
    }
    result.sockets.push_back(std::move(*fd));
  }
  if (result.sockets.empty()) return std::unexpected(last);
  return result;
}

}  // namespace

Result<Fd> listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return std::unexpected(Error{"bind", ENAMETOOLONG});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  auto fd = listen_at(address, sizeof(address));
  if (fd && ::chmod(path.c_str(), 0777) < 0) return failure("chmod");
  return fd;
}

Result<Fd> listen_abstract(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof(address.sun_path)) {
    return std::unexpected(Error{"bind", ENAMETOOLONG});
  }
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  return listen_at(address,
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
}

std::expected<TcpListeners, std::string> listen_tcp(const TcpListen& options) {
  addrinfo hints{};
  hints.ai_family = options.family == IpFamily::ipv4   ? AF_INET
                    : options.family == IpFamily::ipv6 ? AF_INET6
                                                       : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | (options.family == IpFamily::any ? AI_ADDRCONFIG : 0);
  const bool everywhere = options.host.empty() || options.host == "*";
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(everywhere ? nullptr : options.host.c_str(), "0", &hints, &found);
  if (problem != 0) return std::unexpected(options.host + ": " + ::gai_strerror(problem));
  const AddressList list(found);

  for (int attempt = 0;; ++attempt) {
    auto result = listen_at_all(list.get(), options.port);
    if (result) return std::move(*result);
    // The kernel's choice for the first address may be taken on the second.
    const bool unlucky = options.port == 0 && result.error().number == EADDRINUSE;
    if (!unlucky || attempt == tcp_attempts) return std::unexpected(describe(result.error()));
  }
}

Result<BoundAddress> bound_address(int socket) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &value, &size) < 0) return failure("getsockopt");
  if (value != SOCK_STREAM) return std::unexpected(Error{"socket type", EINVAL});
  size = sizeof(value);
  if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) < 0) {
    return failure("getsockopt");
  }
  if (value == 0) return std::unexpected(Error{"socket is not listening", EINVAL});

  sockaddr_storage storage{};
  size = sizeof(storage);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) < 0) {
    return failure("getsockname");
  }
  BoundAddress result;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_UNIX) {
    const auto& address = reinterpret_cast<const sockaddr_un&>(storage);
    if (size <= offsetof(sockaddr_un, sun_path)) return std::unexpected(Error{"no name", EINVAL});
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    const bool abstract = address.sun_path[0] == '\0';
    result.kind = abstract ? BoundAddress::Kind::unix_abstract : BoundAddress::Kind::unix_path;
    result.name = abstract ? std::string(address.sun_path + 1, length - 1)
                           : std::string(address.sun_path, ::strnlen(address.sun_path, length));
  } else if (storage.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage);
    result.kind = BoundAddress::Kind::ipv4;
    result.name = ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    result.port = ntohs(address.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(storage);
    result.kind = BoundAddress::Kind::ipv6;
    result.name = ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    result.port = ntohs(address.sin6_port);
  } else {
    return std::unexpected(Error{"socket family", EAFNOSUPPORT});
  }
  return result;
}

int sockets_handed_over() {
  const auto number = [](const char* variable) {
    const char* const text = std::getenv(variable);
    int value = 0;
    if (text == nullptr) return 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
    return error == std::errc() && *end == '\0' ? value : 0;
  };
  return number("LISTEN_PID") == ::getpid() ? number("LISTEN_FDS") : 0;
}

Result<Fd> connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return std::unexpected(Error{"connect", ENAMETOOLONG});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | flags, 0));
  if (!fd) return failure("socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    return failure("connect");
  }
  return fd;
}

Result<Fd> accept(int listener) {
  Fd fd(::accept4(listener, nullptr, nullptr, flags));
  if (!fd) return failure("accept4");
  return fd;
}

Result<std::pair<Fd, Fd>> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | flags, 0, fds) < 0) return failure("socketpair");
  return std::pair{Fd(fds[0]), Fd(fds[1])};
}

void set_no_delay(int tcp_socket) {
  const int on = 1;
  ::setsockopt(tcp_socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace headway::io
