// SPDX-License-Identifier: MIT
#include "launch/environment.h"

#include <fmt/format.h>

namespace headway::launch {
namespace {

/// Sockets and identities that init gave to the bus.
constexpr const char* of_bus_alone[] = {"JOURNAL_STREAM", "LISTEN_FDNAMES", "LISTEN_FDS",
                                        "LISTEN_PID",     "NOTIFY_SOCKET",  "INVOCATION_ID"};

/// As the kernel counts: "NAME=value", a zero byte, and a pointer to it.
std::size_t cost_of(std::string_view name, std::string_view value) {
  return name.size() + 1 + value.size() + 1 + sizeof(char*);
}

}  // namespace

ActivationEnvironment::ActivationEnvironment(const char* const* entries) {
  for (; *entries != nullptr; ++entries) {
    const std::string_view entry = *entries;
    const auto end = entry.find('=');
    if (end == entry.npos || variables_.contains(entry.substr(0, end))) continue;
    static_cast<void>(set(entry.substr(0, end), entry.substr(end + 1)));
  }
}

bool ActivationEnvironment::set(std::string_view name, std::string_view value) {
  if (name.empty() || name.contains('=') || name.contains('\0') || value.contains('\0')) {
    return false;
  }
  if (name.size() + 1 + value.size() > variable_bytes_max) return false;
  const auto known = variables_.find(name);
  const bool is_new = known == variables_.end();
  if (is_new && variables_.size() == variables_max) return false;
  const std::size_t freed = is_new ? 0 : cost_of(name, known->second);
  const std::size_t bytes = bytes_ - freed + cost_of(name, value);
  if (bytes > bytes_max) return false;

  bytes_ = bytes;
  if (is_new) {
    variables_.emplace(name, value);
  } else {
    known->second = value;
  }
  return true;
}

std::vector<std::string> ActivationEnvironment::of_program(const Bus& bus) const {
  auto variables = variables_;
  for (const char* name : of_bus_alone) variables.erase(name);
  variables.insert_or_assign("DBUS_STARTER_ADDRESS", bus.address);
  if (!bus.type.empty()) variables.insert_or_assign("DBUS_STARTER_BUS_TYPE", bus.type);
  if (bus.type == "session") variables.insert_or_assign("DBUS_SESSION_BUS_ADDRESS", bus.address);
  if (bus.type == "system") variables.insert_or_assign("DBUS_SYSTEM_BUS_ADDRESS", bus.address);

  std::vector<std::string> result;
  result.reserve(variables.size());
  for (const auto& [name, value] : variables) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

}  // namespace headway::launch
