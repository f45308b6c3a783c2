// SPDX-License-Identifier: MIT
#include "io/receive.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace headway::io {
namespace {

void take_fds(msghdr& header, std::vector<Fd>& fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const unsigned char* const data = CMSG_DATA(part);
    fds.reserve(fds.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, data + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

Receipt receive(int socket, std::span<iovec> into, std::vector<Fd>& fds, Wait wait) {
  alignas(cmsghdr) unsigned char control[CMSG_SPACE(fds_per_send_max * sizeof(int))];
  msghdr header{};
  header.msg_iov = into.data();
  header.msg_iovlen = into.size();
  header.msg_control = control;
  header.msg_controllen = sizeof(control);

  ssize_t count = 0;
  do {
    count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait == Wait::no ? MSG_DONTWAIT : 0));
  } while (count < 0 && errno == EINTR && wait == Wait::no);
  if (count < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {};
    return {.kind = Receipt::Kind::failed, .error = errno};
  }
  if (header.msg_controllen > 0) [[unlikely]]
    take_fds(header, fds);
  return {.kind = count > 0 ? Receipt::Kind::bytes : Receipt::Kind::end,
          .bytes = static_cast<std::size_t>(count),
          .fds_were_lost = (header.msg_flags & MSG_CTRUNC) != 0};
}

}  // namespace headway::io
