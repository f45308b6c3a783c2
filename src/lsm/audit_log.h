// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"

namespace headway::lsm {

/// The machine's audit system (LSM-009). Writing to it takes CAP_AUDIT_WRITE, which only the
/// supervisor keeps.
class AuditLog {
 public:
  enum class Kind : std::uint8_t {
    decision,     // USER_AVC
    policy_load,  // USER_MAC_POLICY_LOAD
    status,       // USER_MAC_STATUS
  };

  /// Whether or not there is one.
  [[nodiscard]] static AuditLog open();
  /// False: nothing takes it, so that it belongs in the log. May wait for the kernel, not for
  /// anybody else.
  [[nodiscard]] bool write(Kind kind, const std::string& text) const;

 private:
  Fd socket_;
};

}  // namespace headway::lsm
