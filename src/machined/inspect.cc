// SPDX-License-Identifier: MIT
#include "machined/inspect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>

#include <cerrno>
#include <memory>
#include <string>

#include "machined/files.h"
#include "machined/os_release.h"
#include "machined/process.h"

namespace headway::machined {
namespace {

void check_alive(const Target& machine) {
  if (!machine.is_host && has_ended(machine.pidfd)) {
    throw error(error_name::failed, "the machine has ended");
  }
}

template <class T>
Address address_of(std::int32_t family, const T& bytes) {
  const auto* const first = reinterpret_cast<const std::uint8_t*>(&bytes);
  return {family, std::vector<std::uint8_t>(first, first + sizeof(bytes))};
}

}  // namespace

unique_fd open_root(const Target& machine) {
  const std::string path = machine.is_host ? "/" : fmt::format("/proc/{}/root", machine.pid);
  unique_fd root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw error_of_errno(errno, "cannot open the machine's root directory");
  check_alive(machine);
  return root;
}

Addresses addresses_of(const Target& machine) {
  if (!machine.is_host && ::setns(machine.pidfd.get(), CLONE_NEWNET) < 0) {
    throw error_of_errno(errno, "cannot enter the machine's network");
  }
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) < 0) throw error_of_errno(errno);
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(first, ::freeifaddrs);
  Addresses found;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      found.push_back(
          address_of(AF_INET, reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
      if (!IN6_IS_ADDR_LINKLOCAL(&address)) found.push_back(address_of(AF_INET6, address));
    }
  }
  return found;
}

OsRelease os_release_of(const Target& machine) {
  const unique_fd root = open_root(machine);
  for (const char* const path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const auto text = read_file_in(root, path, os_release_bytes_max);
    if (text) return parse_os_release(*text);
    if (text.error().number != ENOENT) {
      throw error_of_errno(text.error().number, std::string("cannot read the machine's ") + path);
    }
  }
  throw error(error_name::failed, "the machine has no os-release file");
}

}  // namespace headway::machined
