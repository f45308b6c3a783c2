// SPDX-License-Identifier: MIT
#include "lsm/audit_log.h"

namespace headway::lsm {

AuditLog AuditLog::open() { return {}; }

bool AuditLog::write(Kind, const std::string&) const { return false; }

}  // namespace headway::lsm
