// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace headway::lsm {

/// Takes what security modules have to record of their decisions (LSM-008, LSM-021). The process
/// that decides has no right to write to the audit system; whoever implements this passes it on.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void audit(std::string text) = 0;
};

}  // namespace headway::lsm
