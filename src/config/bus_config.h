// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/limits.h"
#include "broker/policy_rules.h"
#include "config/environment.h"

namespace headway::config {

/// What --system and --session read (CONF-028).
inline constexpr std::string_view system_config_file = "/usr/share/dbus-1/system.conf";
inline constexpr std::string_view session_config_file = "/usr/share/dbus-1/session.conf";

/// Why a configuration cannot be used, and where to mend it.
struct ConfigError {
  std::string file;
  std::uint32_t line = 0;  // 0: the file as a whole
  std::string text;
  bool operator==(const ConfigError&) const = default;
};

/// "file:line: text".
[[nodiscard]] std::string to_string(const ConfigError& error);

/// A value whose use may still turn out to be impossible, with the place that said it.
struct Placed {
  std::string text;
  broker::RuleSource source;  // files as in BusConfig::policy
  bool operator==(const Placed&) const = default;
};

/// A directory of .service files; an earlier one wins where two have the same name.
struct ServiceDirectory {
  std::string path;           // absolute, or relative to the working directory for a relative file
  bool watched = true;        // for new files
  bool strict_names = false;  // refuses a file that is not called after its service (ACT-006)
  bool created = false;       // is made at start if it is missing (CONF-015)
  bool operator==(const ServiceDirectory&) const = default;
};

/// <associate>: the SELinux context that owning `name` is checked against (LSM-004).
struct NameContext {
  std::string name;
  std::string context;
  bool operator==(const NameContext&) const = default;
};

enum class ApparmorMode : std::uint8_t { enabled, disabled, required };

/// Rules about a user whom nobody knew when the configuration was loaded. Such a name may be that
/// of a user who exists only while a service runs; bind_late_users() is for when he turns up.
struct LateUser {
  std::string name;
  std::uint32_t position = 0;  // in PolicyRules::sections, before which the section belongs
  broker::PolicySection section;
  bool operator==(const LateUser&) const = default;
};

/// A user who has turned up.
struct BoundUser {
  std::string name;
  std::uint32_t uid = 0;
};

/// `rules` with those late sections, at their places, whose users are in `bound`. A connect rule
/// among them is about that uid, and the sections of others stay out: a rule about somebody
/// unknown never becomes a rule about everybody.
[[nodiscard]] broker::PolicyRules bind_late_users(const broker::PolicyRules& rules,
                                                  const std::vector<LateUser>& late_users,
                                                  const std::vector<BoundUser>& bound);

/// The facts of one configuration: a file with all it includes (CONF-001 .. CONF-031). Plain data;
/// nothing here says what to do with it.
struct BusConfig {
  std::string type;
  std::optional<Placed> user;  // a name or a number, not looked up (CONF-008)
  bool fork = false;
  bool keep_umask = false;
  bool syslog = false;
  bool allow_anonymous = false;
  std::optional<std::string> pidfile;
  std::optional<std::string> servicehelper;
  std::vector<Placed> listen;     // in the order written, at least one
  std::vector<std::string> auth;  // mechanisms, all known ones; empty: any of them
  std::vector<ServiceDirectory> service_directories;
  broker::Limits limits;
  std::vector<NameContext> selinux_contexts;  // names distinct
  ApparmorMode apparmor = ApparmorMode::enabled;
  broker::PolicyRules policy;
  std::vector<LateUser> late_users;

  std::vector<std::string> files_read;         // every file that was read or could have been
  std::vector<std::string> watch_directories;  // <includedir>s, present or not; distinct
  std::vector<std::string> warnings;           // "file:line: text", in the order found

  /// "file:line".
  [[nodiscard]] std::string where(broker::RuleSource source) const;
};

/// Mechanisms that <auth> may name (CONF-011).
inline constexpr std::string_view auth_mechanisms[] = {"EXTERNAL", "DBUS_COOKIE_SHA1", "ANONYMOUS"};

/// Reads `path` and what it includes. An error in any of these files is an error of the whole,
/// except in a file of an <includedir>: that one is left out, all of it, and a warning says so.
///
/// Cost: one read of each file, one look-up of each distinct user and group; at most
/// config_files_max files, so that files that include one another end.
[[nodiscard]] std::expected<BusConfig, ConfigError> load_bus_config(const std::string& path,
                                                                    Environment& environment);
inline constexpr std::size_t config_files_max = 4096;

}  // namespace headway::config
