// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "config/bus_config.h"
#include "lsm/audit_log.h"
#include "lsm/selinux_notices.h"

namespace headway::daemon {

/// The supervisor's part in what the machine's security modules need: it finds out which of them
/// decide, writes to the audit system, and hears of a new policy. The questions themselves are
/// asked by the broker process (lsm/modules.h).
class Security {
 public:
  using Notice = lsm::SelinuxNotices::Notice;

  /// Once, while there are still privileges. The error is a text.
  [[nodiscard]] static std::expected<Security, std::string> find(config::ApparmorMode apparmor);

  [[nodiscard]] bool is_any_active() const { return has_selinux() || has_apparmor_; }
  /// Tells the broker process what it is to ask.
  void describe(broker::BusFacts& facts) const;

  /// False: the audit system does not take it.
  [[nodiscard]] bool audit(const std::string& text) const {
    return audit_.write(lsm::AuditLog::Kind::decision, text);
  }

  /// Readable when SELinux has news; none: there never is any.
  [[nodiscard]] std::optional<int> fd() const;
  /// What is new, for the log where the audit system did not take it.
  struct News {
    bool policy_loaded = false;
    std::vector<std::string> texts;
  };
  [[nodiscard]] News collect();

 private:
  [[nodiscard]] bool has_selinux() const { return notices_.has_value(); }

  bool has_apparmor_ = false;
  std::optional<lsm::SelinuxNotices> notices_;
  lsm::AuditLog audit_;
};

}  // namespace headway::daemon
