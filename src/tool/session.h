// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headway::tool {

/// A program with a session bus of its own, for dbus-run-session and `run`.
struct SessionOptions {
  std::string bus;                           // the program; see become_bus()
  std::optional<std::string> config_file{};  // else that of session buses
  std::vector<std::string> program{};        // not empty
};

/// What it ends with if the program or the bus could not be started.
inline constexpr int session_failure = 127;

/// Starts the bus, runs the program to its end, ends the bus; the program's exit status, or 128 + N
/// if signal N killed it. What asks us to end is passed on to the program. `complain` gets texts
/// for stderr, perhaps in a child.
[[nodiscard]] int run_session(const SessionOptions& options,
                              const std::function<void(std::string_view)>& complain);

}  // namespace headway::tool
