// SPDX-License-Identifier: MIT
#include "io/credentials.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

// Linux 6.5; older headers do not know it.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace headway::io {
namespace {

std::optional<std::vector<std::uint32_t>> supplementary_groups(int socket) {
  std::vector<std::uint32_t> groups(32);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) < 0) {
    if (errno != ERANGE) return std::nullopt;
    groups.resize(size / sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) < 0) {
      return std::nullopt;
    }
  }
  groups.resize(size / sizeof(gid_t));
  return groups;
}

std::string security_label(int socket) {
  std::array<char, 256> small{};
  auto size = static_cast<socklen_t>(small.size());
  std::string label;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERSEC, small.data(), &size) == 0) {
    label.assign(small.data(), size);
  } else if (errno == ERANGE) {
    label.resize(size);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERSEC, label.data(), &size) < 0) return {};
    label.resize(size);
  }
  while (!label.empty() && label.back() == '\0') label.pop_back();
  return label;
}

}  // namespace

PeerCredentials peer_credentials(int socket) {
  PeerCredentials result;
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return result;
  // What comes from another kind of socket, or another namespace, is not a process we can name.
  constexpr auto nobody = std::numeric_limits<uid_t>::max();
  if (credentials.uid == nobody) return result;
  result.uid = credentials.uid;
  if (credentials.pid > 0) result.pid = static_cast<std::uint32_t>(credentials.pid);

  result.groups = supplementary_groups(socket);
  if (result.groups) {
    auto& groups = *result.groups;
    if (credentials.gid != nobody) groups.push_back(credentials.gid);
    std::ranges::sort(groups);
    groups.erase(std::ranges::unique(groups).begin(), groups.end());
  }
  result.label = security_label(socket);
  return result;
}

Fd peer_process(int socket) {
  int pidfd = -1;
  socklen_t size = sizeof(pidfd);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0) return {};
  return Fd(pidfd);  // close-on-exec, as every pidfd
}

}  // namespace headway::io
