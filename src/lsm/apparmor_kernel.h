// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace headway::lsm {

/// What is asked of the kernel where AppArmor mediates D-Bus. A fake stands in its place in tests.
class ApparmorKernel {
 public:
  /// Bits of apparmor_query.h.
  struct Permissions {
    std::uint32_t allow = 0;
    std::uint32_t deny = 0;
    std::uint32_t audit = 0;  // although allowed
    std::uint32_t quiet = 0;  // although denied
  };

  virtual ~ApparmorKernel() = default;
  /// The error is an errno, such as ENOENT for a label that no profile has any more.
  [[nodiscard]] virtual std::expected<Permissions, int> query(std::string_view query) = 0;
};

}  // namespace headway::lsm
