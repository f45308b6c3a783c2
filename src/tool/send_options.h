// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "headway/message.h"
#include "tool/program.h"

namespace headway::tool {

/// What dbus-send is to do (TOOL-010, TOOL-011, TOOL-014).
struct SendOptions {
  enum class To : std::uint8_t { session, system, bus, peer };
  enum class Print : std::uint8_t { nothing, reply, literally };

  To to = To::session;
  std::string address;  // for `bus` and `peer`
  Print print = Print::nothing;
  std::optional<std::chrono::milliseconds> reply_timeout;  // none: the library's
  message_type type = message_type::signal;                // or method_call
  std::string sender;                                      // a name to own meanwhile, or empty
  std::string destination;                                 // or empty
  std::string path;
  std::string interface;
  std::string member;
  Arguments contents;
};

/// Why that cannot be found out from the command line.
struct SendProblem {
  std::string text;       // empty: nothing to add to the usage
  bool is_usage = false;  // the usage helps
  bool is_help = false;   // asked for: no failure
};

[[nodiscard]] std::expected<SendOptions, SendProblem> parse_send(Arguments arguments);

}  // namespace headway::tool
