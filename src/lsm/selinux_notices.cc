// SPDX-License-Identifier: MIT
#include "lsm/selinux_notices.h"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/selinux_netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace headway::lsm {

std::expected<SelinuxNotices, std::string> SelinuxNotices::open() {
  const auto failed = [] {
    return std::unexpected(
        fmt::format("SELinux is active, but the kernel's notices of it cannot be had: {}",
                    std::strerror(errno)));
  };
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SELINUX));
  if (!fd) return failed();
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = SELNL_GRP_AVC;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    return failed();
  }
  return SelinuxNotices(std::move(fd));
}

std::vector<SelinuxNotices::Notice> SelinuxNotices::drain() {
  std::vector<Notice> notices;
  std::array<std::uint8_t, 1024> buffer{};
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof(from);
    const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0 && errno == ENOBUFS) {
      notices.push_back({});
    } else if (size < 0) {
      return notices;
    } else if (from_size == sizeof(from) && from.nl_pid == 0) {  // the kernel's own
      const auto parsed = parse_notices(Bytes(buffer).first(static_cast<std::size_t>(size)));
      notices.insert(notices.end(), parsed.begin(), parsed.end());
    }
  }
}

std::vector<SelinuxNotices::Notice> parse_notices(Bytes datagram) {
  using Notice = SelinuxNotices::Notice;
  std::vector<Notice> notices;
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, datagram.data(), sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > datagram.size()) break;
    const Bytes payload = datagram.first(header.nlmsg_len)
                              .subspan(std::min<std::size_t>(NLMSG_HDRLEN, header.nlmsg_len));
    std::uint32_t value = 0;
    if (payload.size() >= sizeof(value)) {
      std::memcpy(&value, payload.data(), sizeof(value));
      if (header.nlmsg_type == SELNL_MSG_POLICYLOAD) {
        notices.push_back({Notice::Kind::policy_load, value});
      } else if (header.nlmsg_type == SELNL_MSG_SETENFORCE) {
        notices.push_back({Notice::Kind::enforcing, value});
      }
    }
    datagram =
        datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size()));
  }
  return notices;
}

std::string audit_text(const SelinuxNotices::Notice& notice) {
  if (notice.kind == SelinuxNotices::Notice::Kind::policy_load) {
    return fmt::format("avc:  op=load_policy lsm=selinux seqno={} res=1", notice.value);
  }
  return fmt::format("avc:  op=setenforce lsm=selinux enforcing={} res=1", notice.value);
}

}  // namespace headway::lsm
