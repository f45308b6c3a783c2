// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "daemon/process.h"

namespace headway::daemon {
namespace {

struct Capabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  bool operator==(const Capabilities&) const = default;
};

Capabilities own_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[2] = {};
  ::syscall(SYS_capget, &header, sets);
  const auto whole = [](std::uint32_t low, std::uint32_t high) {
    return low | std::uint64_t{high} << 32;
  };
  return {whole(sets[0].effective, sets[1].effective), whole(sets[0].permitted, sets[1].permitted),
          whole(sets[0].inheritable, sets[1].inheritable)};
}

constexpr std::uint64_t audit_write = std::uint64_t{1} << CAP_AUDIT_WRITE;

/// What a child process has after it has become somebody; nothing if it could not.
std::optional<Capabilities> left_after_becoming_somebody(bool keeps_audit) {
  int ends[2];
  if (::pipe(ends) < 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) {
    const config::Account nobody{.uid = 65534, .gid = 65534, .name = "nobody", .home = "/"};
    if (!become(nobody, keeps_audit) || ::getuid() != 65534) ::_exit(1);
    const Capabilities left = own_capabilities();
    ::_exit(::write(ends[1], &left, sizeof(left)) == sizeof(left) ? 0 : 1);
  }
  ::close(ends[1]);
  Capabilities left;
  const bool told = ::read(ends[0], &left, sizeof(left)) == sizeof(left);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!told) return std::nullopt;
  return left;
}

TEST(Become, LeavesNoCapability) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  EXPECT_EQ(left_after_becoming_somebody(false), Capabilities{});
}

TEST(Become, LeavesTheRightToAuditAloneIfItIsKept) {  // LSM-009
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const std::uint64_t kept = own_capabilities().permitted & audit_write;
  EXPECT_EQ(left_after_becoming_somebody(true), (Capabilities{kept, kept, 0}));
}

}  // namespace
}  // namespace headway::daemon
