// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/service_file.h"

namespace headway::launch {

/// Why a service is not going to be there.
struct Failure {
  std::string service;
  std::string exec;   // whoever else waits for this Exec line waits in vain as well (ACT-025)
  std::string error;  // a D-Bus error name without "org.freedesktop.DBus.Error."
  std::string text;
  bool operator==(const Failure&) const = default;
};

/// What is executed for a service.
struct Program {
  std::string service;
  std::string exec;  // of the service file, also if a helper is executed instead
  bool by_helper = false;
  std::vector<std::string> arguments;    // the program's path first
  std::vector<std::string> environment;  // "NAME=value"
  bool operator==(const Program&) const = default;
};

/// What to execute for this service: its Exec line (ACT-020), or the helper with the service's name
/// as its only argument, if there is a helper (HELP-001).
[[nodiscard]] std::expected<Program, Failure> program_of(
    const config::ServiceFile& service, const std::optional<std::string>& servicehelper,
    std::vector<std::string> environment);

/// How it ended.
struct End {
  enum class Kind : std::uint8_t { exited, signalled, not_executed };
  Kind kind = Kind::exited;
  int number = 0;  // status, signal, or errno
};

/// What that means for those who wait for the service: nothing yet for status 0, as the program may
/// go on in the background (ACT-024, HELP-008).
[[nodiscard]] std::optional<Failure> failure_of(const Program& program, End end);

/// No process could be made for it, for the reason `error` (errno).
[[nodiscard]] Failure fork_failure(const Program& program, int error);

}  // namespace headway::launch
