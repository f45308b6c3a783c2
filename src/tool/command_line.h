// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "tool/program.h"

namespace headway::tool {

/// What is left of a command line. Each program takes from the front what it understands, in the
/// way its forerunner does: they agree neither on where options may stand nor on how their values
/// are given, so there is no table of options.
class CommandLine {
 public:
  explicit CommandLine(Arguments arguments) : rest_(arguments) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  /// The next argument; there must be one.
  [[nodiscard]] std::string_view peek() const { return rest_.front(); }
  std::string_view take() {
    const std::string_view argument = rest_.front();
    rest_ = rest_.subspan(1);
    return argument;
  }
  [[nodiscard]] Arguments rest() const { return rest_; }

  /// Takes the next argument if it is exactly this.
  bool take_if(std::string_view option) {
    const bool is_it = !empty() && peek() == option;
    if (is_it) take();
    return is_it;
  }

  /// The ways to ask for help of dbus-launch, dbus-run-session and dbus-cleanup-sockets.
  bool take_help() { return take_if("--help") || take_if("-h") || take_if("-?"); }

  /// "--option=VALUE": takes it and gives the value, which may be empty.
  std::optional<std::string_view> take_value(std::string_view option) {
    if (empty() || !peek().starts_with(option)) return std::nullopt;
    const std::string_view rest = peek().substr(option.size());
    if (!rest.starts_with('=')) return std::nullopt;
    take();
    return rest.substr(1);
  }

  /// The same, or "--option VALUE" in two arguments.
  std::optional<std::string_view> take_separate_value(std::string_view option) {
    if (rest_.size() >= 2 && peek() == option) {
      take();
      return take();
    }
    return take_value(option);
  }

 private:
  Arguments rest_;
};

}  // namespace headway::tool
