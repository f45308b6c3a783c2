// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/bus_config.h"
#include "config/limits.h"

namespace headway::config {

/// What one file says, and the files it includes. A file is read into a fragment of its own, which
/// joins the including file's only when all of it was good: a broken one leaves nothing behind.
struct Fragment {
  std::optional<std::string> type;
  std::optional<Placed> user;
  std::optional<std::string> pidfile;
  std::optional<std::string> servicehelper;
  std::optional<ApparmorMode> apparmor;
  bool fork = false;
  bool keep_umask = false;
  bool syslog = false;
  bool allow_anonymous = false;
  std::vector<Placed> listen;
  std::vector<std::string> auth;
  std::vector<ServiceDirectory> service_directories;
  std::vector<LimitSetting> limits;
  std::vector<NameContext> selinux_contexts;
  std::vector<broker::PolicySection> sections;
  std::vector<LateUser> late_users;
  std::vector<std::string> warnings;

  /// Adds what an included file says at the place of its inclusion (CONF-023).
  void merge(Fragment&& included);

  /// What all fragments together say. Files and watches are the caller's to fill in.
  [[nodiscard]] BusConfig finish() &&;
};

}  // namespace headway::config
