// SPDX-License-Identifier: MIT
#include "config/service_directories.h"

#include <fmt/format.h>

#include <ranges>
#include <string>
#include <string_view>

namespace headway::config {
namespace {

std::string below(std::string_view directory, std::string_view name) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
  return fmt::format("{}/{}", directory == "/" ? "" : directory, name);
}

}  // namespace

std::vector<ServiceDirectory> standard_session_directories(Environment& environment) {
  constexpr std::string_view services = "dbus-1/services";
  std::vector<ServiceDirectory> result;

  if (const auto runtime = environment.variable("XDG_RUNTIME_DIR")) {
    result.push_back({.path = below(*runtime, services),
                      .watched = false,
                      .strict_names = true,
                      .created = true});
  }
  if (const auto data = environment.variable("XDG_DATA_HOME")) {
    result.push_back({.path = below(*data, services)});
  } else if (const auto home = environment.variable("HOME")) {
    result.push_back({.path = below(below(*home, ".local/share"), services)});
  }

  const auto data = environment.variable("XDG_DATA_DIRS").value_or("/usr/local/share:/usr/share");
  for (const auto part : std::views::split(data, ':')) {
    const std::string_view directory(part.begin(), part.end());
    if (directory.empty()) continue;
    result.push_back({.path = below(directory, services)});
  }
  result.push_back({.path = below("/usr/share", services)});
  return result;
}

std::vector<ServiceDirectory> standard_system_directories() {
  std::vector<ServiceDirectory> result;
  for (const auto directory : {"/etc", "/run", "/usr/local/share", "/usr/share", "/lib"}) {
    result.push_back({.path = below(directory, "dbus-1/system-services")});
  }
  return result;
}

}  // namespace headway::config
