// SPDX-License-Identifier: MIT
#include "tool/fd_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string_view>

namespace headway::tool {
namespace {

std::string_view type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFCHR:
      return "char";
    case S_IFBLK:
      return "block";
    case S_IFIFO:
      return "fifo";
    case S_IFLNK:
      return "link";
    case S_IFSOCK:
      return "socket";
    default:
      return "unknown";  // an eventfd, for one
  }
}

union Address {
  sockaddr_storage any;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
  sockaddr_un local;
};

std::string ip_name(int family, const void* address, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, address, text.data(), text.size());
  return fmt::format("{} port {}", text.data(), ntohs(port));
}

/// "@" before a name that is no path; no more than that if it has none.
std::string local_name(const sockaddr_un& address, socklen_t size) {
  const std::size_t bytes = size - offsetof(sockaddr_un, sun_path);
  if (bytes == 0 || size < offsetof(sockaddr_un, sun_path)) return "@";
  const bool is_abstract = address.sun_path[0] == '\0';
  const char* const name = address.sun_path + (is_abstract ? 1 : 0);
  const std::size_t name_bytes = ::strnlen(name, bytes - (is_abstract ? 1 : 0));
  return (is_abstract ? "@" : "") + std::string(name, name_bytes);
}

/// Empty for a family whose names we do not know.
std::string name_of(const Address& address, socklen_t size) {
  switch (address.any.ss_family) {
    case AF_INET:
      return ip_name(AF_INET, &address.ipv4.sin_addr, address.ipv4.sin_port);
    case AF_INET6:
      return ip_name(AF_INET6, &address.ipv6.sin6_addr, address.ipv6.sin6_port);
    case AF_UNIX:
      return local_name(address.local, size);
    default:
      return {};
  }
}

std::string family_of(const Address& address) {
  switch (address.any.ss_family) {
    case AF_INET:
      return "inet";
    case AF_INET6:
      return "inet6";
    case AF_UNIX:
      return "unix";
    default:
      return fmt::format("unknown ({})", address.any.ss_family);
  }
}

}  // namespace

void append_fd(std::string& out, int fd, std::size_t indent) {
  const auto line = [&](std::string_view text) { out.append(indent, ' ').append(text) += '\n'; };
  struct stat status{};
  if (::fstat(fd, &status) < 0) return;
  line(fmt::format("inode: {}", status.st_ino));
  line(fmt::format("type: {}", type_of(status.st_mode)));
  if (!S_ISSOCK(status.st_mode)) return;
  Address address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0) return;
  line("address family: " + family_of(address));
  if (const std::string name = name_of(address, size); !name.empty()) line("name " + name);
  size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0) return;
  if (const std::string name = name_of(address, size); !name.empty()) line("peer " + name);
}

}  // namespace headway::tool
