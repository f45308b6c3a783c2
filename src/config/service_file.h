// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "config/bus_config.h"

namespace headway::config {

/// What a .service file says about a service that can be started (ACT-001).
struct ServiceFile {
  std::string path;
  std::string name;                  // a valid well-known name
  std::string exec;                  // as written; empty: only systemd can start it
  std::optional<std::string> user;   // that the program runs as, on a bus with a helper
  std::optional<std::string> unit;   // SystemdService: systemd starts it
  std::optional<std::string> label;  // AssumedAppArmorLabel, not validated (ACT-009)
  bool operator==(const ServiceFile&) const = default;
};

inline constexpr std::size_t service_file_bytes_max = 128 * 1024;

/// Reads the text of the file `path` (ACT-001 .. ACT-005). What stands in other groups and under
/// other keys is ignored, but the whole file has to follow the syntax. Total; one pass.
[[nodiscard]] std::expected<ServiceFile, ConfigError> parse_service_file(std::string_view text,
                                                                         const std::string& path);

/// `name` + ".service" (ACT-006).
[[nodiscard]] std::string conventional_file_name(std::string_view name);

}  // namespace headway::config
