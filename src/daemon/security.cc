// SPDX-License-Identifier: MIT
#include "daemon/security.h"

#include <fmt/format.h>

#include "base/result.h"
#include "lsm/apparmor_host.h"
#include "lsm/selinux_host.h"

namespace headway::daemon {

std::expected<Security, std::string> Security::find(config::ApparmorMode apparmor) {
  Security security;
  if (lsm::selinux_policy_root()) security.notices_ = TRY(lsm::SelinuxNotices::open());
  if (apparmor != config::ApparmorMode::disabled) {
    const auto mount_point = lsm::apparmor_mount_point();
    if (!mount_point && apparmor == config::ApparmorMode::required) {
      return std::unexpected(
          fmt::format("AppArmor is required by the configuration, but {}", mount_point.error()));
    }
    security.has_apparmor_ = mount_point.has_value();
  }
  if (security.is_any_active()) security.audit_ = lsm::AuditLog::open();
  return security;
}

void Security::describe(broker::BusFacts& facts) const {
  facts.selinux = has_selinux();
  facts.apparmor = has_apparmor_;
}

std::optional<int> Security::fd() const {
  if (!notices_) return std::nullopt;
  return notices_->fd();
}

Security::News Security::collect() {
  News news;
  for (const Notice& notice : notices_->drain()) {
    const bool is_policy = notice.kind == Notice::Kind::policy_load;
    news.policy_loaded = news.policy_loaded || is_policy;
    std::string text = lsm::audit_text(notice);
    const auto kind = is_policy ? lsm::AuditLog::Kind::policy_load : lsm::AuditLog::Kind::status;
    if (!audit_.write(kind, text)) news.texts.push_back(std::move(text));
  }
  return news;
}

}  // namespace headway::daemon
