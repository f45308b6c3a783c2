// SPDX-License-Identifier: MIT
// With libaudit; audit_log_none.cc is compiled where there is none.
#include "lsm/audit_log.h"

#include <libaudit.h>
#include <unistd.h>

#include <algorithm>

namespace headway::lsm {
namespace {

int type_of(AuditLog::Kind kind) {
  switch (kind) {
    case AuditLog::Kind::decision:
      return AUDIT_USER_AVC;
    case AuditLog::Kind::policy_load:
      return AUDIT_USER_MAC_POLICY_LOAD;
    case AuditLog::Kind::status:
      return AUDIT_USER_MAC_STATUS;
  }
  return AUDIT_USER_AVC;
}

/// Records have a syntax, which whoever sent us the text must not be able to leave.
std::string harmless(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\'' || static_cast<unsigned char>(c) < ' ' || c == 0x7f; },
      '?');
  return text;
}

}  // namespace

AuditLog AuditLog::open() {
  AuditLog log;
  log.socket_ = Fd(::audit_open());
  return log;
}

bool AuditLog::write(Kind kind, const std::string& text) const {
  return socket_ &&
         ::audit_log_user_avc_message(socket_.get(), type_of(kind), harmless(text).c_str(), nullptr,
                                      nullptr, nullptr, ::getuid()) > 0;
}

}  // namespace headway::lsm
