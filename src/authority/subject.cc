// SPDX-License-Identifier: MIT
#include "authority/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "wire/names.h"

namespace headway::authority {
namespace {

template <class T>
using Parsed = std::expected<T, std::string>;

/// A detail of one certain type; none if it is not there.
template <class T>
Parsed<std::optional<T>> detail(const SubjectArgument& argument, const char* key,
                                const char* type) {
  const auto found = argument.details.find(key);
  if (found == argument.details.end()) return std::nullopt;
  if (!found->second.holds<T>()) {
    return std::unexpected(fmt::format("\"{}\" of a {} is of type {}, not {}", key, argument.kind,
                                       found->second.signature(), type));
  }
  return found->second.get<T>();
}

/// Over the bus a uid is signed; the bits are what counts, and -1 says nothing.
Parsed<std::optional<std::uint32_t>> uid_detail(const SubjectArgument& argument) {
  const auto uid = TRY(detail<std::int32_t>(argument, "uid", "i"));
  if (!uid || *uid == -1) return std::nullopt;
  return static_cast<std::uint32_t>(*uid);
}

Parsed<Subject> parse_process(const SubjectArgument& argument) {
  ProcessSubject result;
  result.uid = TRY(uid_detail(argument));
  auto pidfd = TRY(detail<unique_fd>(argument, "pidfd", "h"));
  const auto pid = TRY(detail<std::uint32_t>(argument, "pid", "u"));
  const auto start = TRY(detail<std::uint64_t>(argument, "start-time", "t"));
  if (pidfd) {
    result.pidfd = std::move(*pidfd);
    return result;
  }
  if (!pid) return std::unexpected("a unix-process needs \"pidfd\" or \"pid\"");
  if (*pid == 0 || *pid > static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
    return std::unexpected(fmt::format("there is no process {}", *pid));
  }
  result.pid = *pid;
  result.start_time = start.value_or(0);
  return result;
}

Parsed<Subject> parse_session(const SubjectArgument& argument) {
  auto id = TRY(detail<std::string>(argument, "session-id", "s"));
  if (!id) return std::unexpected("a unix-session needs \"session-id\"");
  // As logind's ids are.
  constexpr std::size_t bytes_max = 255;
  const bool is_good =
      !id->empty() && id->size() <= bytes_max && std::ranges::all_of(*id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      });
  if (!is_good) return std::unexpected("\"session-id\" is not the id of a session");
  return SessionSubject{std::move(*id)};
}

Parsed<Subject> parse_name(const SubjectArgument& argument) {
  auto name = TRY(detail<std::string>(argument, "name", "s"));
  if (!name) return std::unexpected("a system-bus-name needs \"name\"");
  if (!wire::is_unique_name(*name)) {
    return std::unexpected("\"name\" of a system-bus-name is not the unique name of a connection");
  }
  return NameSubject{std::move(*name)};
}

}  // namespace

std::expected<Subject, std::string> parse_subject(const SubjectArgument& argument) {
  constexpr std::size_t details_max = 16;
  if (argument.details.size() > details_max) {
    return std::unexpected(fmt::format("a subject with more than {} details", details_max));
  }
  if (argument.kind == "unix-process") return parse_process(argument);
  if (argument.kind == "unix-session") return parse_session(argument);
  if (argument.kind == "system-bus-name") return parse_name(argument);
  return std::unexpected(
      "the kind of the subject is none of unix-process, unix-session and system-bus-name");
}

}  // namespace headway::authority
