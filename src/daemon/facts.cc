// SPDX-License-Identifier: MIT
#include "daemon/facts.h"

#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "daemon/log_filter.h"
#include "daemon/process.h"
#include "wire/hex.h"

namespace headway::daemon {
namespace {

constexpr std::size_t id_digits = 32;

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && line.back() == '\0') line.pop_back();
  return line;
}

/// ADDR-028, DRV-035.
std::string machine_id() {
  for (const char* const path : {"/var/lib/dbus/machine-id", "/etc/machine-id"}) {
    std::string line = first_line(path);
    if (line.size() == id_digits && wire::is_hex(line)) return line;
  }
  return {};
}

std::vector<std::uint32_t> own_groups() {
  std::vector<std::uint32_t> groups(NGROUPS_MAX);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  groups.push_back(::getegid());
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  return groups;
}

}  // namespace

broker::BusFacts own_facts(const std::string& type) {
  return {.id = random_hex(id_digits / 2),
          .machine_id = machine_id(),
          .credentials = {.uid = ::geteuid(),
                          .pid = static_cast<std::uint32_t>(::getpid()),
                          .groups = own_groups(),
                          .label = first_line("/proc/self/attr/current")},
          .type = type};
}

std::string process_name(const std::string& pid) {
  const bool is_number =
      !pid.empty() && std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return {};
  std::string name = one_line(first_line(fmt::format("/proc/{}/comm", pid).c_str()));
  std::ranges::replace(name, '"', '\'');
  return name;
}

std::string dynamic_user(std::uint32_t uid) {
  const std::string path = fmt::format("/run/systemd/dynamic-uid/direct:{}", uid);
  std::array<char, 256> name{};
  const ssize_t size = ::readlink(path.c_str(), name.data(), name.size());
  return size > 0 ? std::string(name.data(), static_cast<std::size_t>(size)) : std::string();
}

}  // namespace headway::daemon
