// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "base/fd.h"
#include "headway/value.h"

namespace headway::authority {

/// Who is asked about, as it comes over the bus: (sa{sv}).
struct SubjectArgument {
  std::string kind;
  std::map<std::string, variant> details;
};

/// "unix-process": by a pidfd, or by a number and perhaps the time at which it started.
struct ProcessSubject {
  std::uint32_t pid = 0;  // 0: by pidfd
  Fd pidfd;
  std::uint64_t start_time = 0;      // 0: not said
  std::optional<std::uint32_t> uid;  // what the caller says it is
};
/// "unix-session"
struct SessionSubject {
  std::string id;
};
/// "system-bus-name": a unique one, as others change hands.
struct NameSubject {
  std::string name;
};
using Subject = std::variant<ProcessSubject, SessionSubject, NameSubject>;

/// Checks every type and every form; the error is a text. Nothing is looked up.
[[nodiscard]] std::expected<Subject, std::string> parse_subject(const SubjectArgument& argument);

}  // namespace headway::authority
