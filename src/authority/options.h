// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headway::authority {

/// What the command line of headway-authority asks for.
struct Options {
  enum class Action : std::uint8_t { run, version, help };

  Action action = Action::run;
  std::string address;               // of the bus; empty: the system bus
  std::string user;                  // to become; empty: nobody else
  std::vector<std::string> actions;  // directories
  std::vector<std::string> rules;
  bool replaces = false;  // who has the name already
};

/// `arguments` without the program's name. The error is a text for stderr; the exit status is 1.
[[nodiscard]] std::expected<Options, std::string> parse_options(
    std::span<const char* const> arguments);

[[nodiscard]] std::string_view usage();

}  // namespace headway::authority
