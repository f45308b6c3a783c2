// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tool/program.h"

namespace headway::tool {

/// What dbus-monitor is to do (TOOL-016).
struct MonitorOptions {
  enum class Of : std::uint8_t { session, system, address };
  enum class Form : std::uint8_t { text, profile, binary, pcap };

  Of of = Of::session;
  std::string address;
  Form form = Form::text;
  std::vector<std::string> rules;
};

/// Why that cannot be found out from the command line; the usage helps.
struct MonitorProblem {
  std::string text;
  bool is_help = false;  // asked for: no failure
};

[[nodiscard]] std::expected<MonitorOptions, MonitorProblem> parse_monitor(Arguments arguments);

}  // namespace headway::tool
