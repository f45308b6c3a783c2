// SPDX-License-Identifier: MIT
#include "launch/program.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "launch/exec_line.h"
#include "launch/helper_status.h"

namespace headway::launch {
namespace {

Failure failed(const Program& program, std::string_view error, std::string text) {
  return {program.service, program.exec, std::string(error), std::move(text)};
}

/// What the helper's status says (HELP-007), and under which name we pass it on (HELP-008).
struct HelperFailure {
  HelperStatus status;
  const char* error;
  const char* text;
};

constexpr HelperFailure helper_failures[] = {
    {HelperStatus::no_memory, "NoMemory", "had not enough memory"},
    {HelperStatus::config_invalid, "Spawn.ConfigInvalid",
     "found the configuration of the bus invalid"},
    {HelperStatus::setup_failed, "Spawn.FailedToSetup", "could not set up the process"},
    {HelperStatus::name_invalid, "Spawn.ServiceNotValid", "found the name of the service invalid"},
    {HelperStatus::service_not_found, "Spawn.ServiceNotFound", "found no service file for it"},
    {HelperStatus::permissions_invalid, "Spawn.PermissionsInvalid",
     "has not the permissions it needs"},
    {HelperStatus::file_invalid, "Spawn.PermissionsInvalid", "found the service file invalid"},
    {HelperStatus::exec_failed, "Spawn.ExecFailed", "could not execute the program"},
    {HelperStatus::bad_arguments, "InvalidArgs", "was started with wrong arguments"},
    {HelperStatus::child_signalled, "Spawn.ChildSignaled",
     "says that the program was killed by a signal"},
};

Failure helper_failure(const Program& program, int status) {
  for (const HelperFailure& known : helper_failures) {
    if (std::to_underlying(known.status) != status) continue;
    return failed(program, known.error,
                  fmt::format("The helper that starts {} {}", program.service, known.text));
  }
  return failed(
      program, "Spawn.ChildExited",
      fmt::format("The helper that starts {} exited with status {}", program.service, status));
}

}  // namespace

std::expected<Program, Failure> program_of(const config::ServiceFile& service,
                                           const std::optional<std::string>& servicehelper,
                                           std::vector<std::string> environment) {
  Program program{.service = service.name,
                  .exec = service.exec,
                  .by_helper = servicehelper.has_value(),
                  .environment = std::move(environment)};
  if (servicehelper && !service.user) {
    return std::unexpected(
        failed(program, "Spawn.FileInvalid",
               fmt::format("{} does not say which User {} runs as", service.path, service.name)));
  }
  auto words = split_exec_line(service.exec);
  if (!words) {
    return std::unexpected(
        failed(program, "InvalidArgs", fmt::format("{} ({})", words.error(), service.path)));
  }
  program.arguments = servicehelper ? std::vector{*servicehelper, service.name} : std::move(*words);
  return program;
}

std::optional<Failure> failure_of(const Program& program, End end) {
  switch (end.kind) {
    case End::Kind::exited:
      if (end.number == 0) return std::nullopt;
      if (program.by_helper) return helper_failure(program, end.number);
      return failed(program, "Spawn.ChildExited",
                    fmt::format("Process {} exited with status {}", program.service, end.number));
    case End::Kind::signalled:
      return failed(program, "Spawn.ChildSignaled",
                    fmt::format("Process {} received signal {}", program.service, end.number));
    case End::Kind::not_executed:
      return failed(program, "Spawn.ExecFailed",
                    fmt::format("Failed to execute {} for {}: {}", program.arguments.front(),
                                program.service, std::strerror(end.number)));
  }
  std::unreachable();
}

Failure fork_failure(const Program& program, int error) {
  return failed(
      program, "Spawn.ForkFailed",
      fmt::format("No process could be made for {}: {}", program.service, std::strerror(error)));
}

}  // namespace headway::launch
