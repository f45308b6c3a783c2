// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace headway::lsm {

/// What is asked of the kernel where SELinux is active. A fake stands in its place in tests.
class SelinuxKernel {
 public:
  /// Everything learned from the kernel holds until `sequence` changes: with each policy that is
  /// loaded and each change of mode.
  struct Status {
    std::uint32_t sequence = 0;
    bool enforcing = true;
    bool denies_unknown = true;  // what the policy has no word for
  };
  /// What the class "dbus" and its permissions are in the loaded policy; 0: it does not know them.
  struct DbusClass {
    std::uint32_t number = 0;
    std::uint32_t send_msg = 0;  // a bit
    std::uint32_t acquire_svc = 0;
  };
  /// What one context may do to another: bits of permissions.
  struct Access {
    std::uint32_t allowed = 0;
    std::uint32_t audited_if_allowed = 0;
    std::uint32_t audited_if_denied = ~0u;
    bool permissive = false;  // the source's domain is
  };

  virtual ~SelinuxKernel() = default;
  /// Asked for each decision; costs no system call.
  [[nodiscard]] virtual Status status() = 0;
  [[nodiscard]] virtual DbusClass dbus_class() = 0;
  /// The error is an errno, such as EINVAL for a context that the policy does not know.
  [[nodiscard]] virtual std::expected<Access, int> compute(std::string_view source,
                                                           std::string_view target,
                                                           std::uint32_t class_number) = 0;
};

}  // namespace headway::lsm
