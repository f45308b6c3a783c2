// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "machined/process.h"

namespace headway::machined {

/// Everything that was said of a machine when it was registered.
struct Machine {
  std::string name;
  std::vector<std::uint8_t> id;          // 16 bytes, or none
  std::string service;                   // who registered it: "systemd-nspawn", "libvirt-lxc"
  std::string kind;                      // "container", "vm", "host"; empty: nobody said
  ProcessId leader;                      // its first process, as the host sees it
  std::string root;                      // its root directory; absolute, or empty
  std::vector<std::int32_t> interfaces;  // the host's ends of its network
  std::string unit;
  std::uint32_t registrar = 0;    // the user who registered it
  std::uint64_t realtime_us = 0;  // when that was
  std::uint64_t monotonic_us = 0;
};

/// Why a machine is not taken.
struct Refusal {
  enum class Kind : std::uint8_t { invalid, exists, too_many };
  Kind kind = Kind::invalid;
  std::string text;
};

/// The machines that there are, by name. ".host" is always there. Pure: whoever has it tells it
/// that a leader has ended.
class Registry {
 public:
  static constexpr std::size_t machines_per_user_max = 1024;
  static constexpr std::size_t interfaces_max = 256;
  static constexpr std::size_t root_bytes_max = 4096;
  static constexpr std::size_t service_bytes_max = 256;

  explicit Registry(Machine host);

  [[nodiscard]] std::expected<const Machine*, Refusal> add(Machine machine);
  /// False if there is none of that name, or if it is the host.
  bool remove(std::string_view name);
  /// Null if there is none. It stays where it is until it is removed.
  [[nodiscard]] const Machine* find(std::string_view name) const;
  /// By name.
  [[nodiscard]] const std::map<std::string, Machine, std::less<>>& all() const { return machines_; }

 private:
  std::map<std::string, Machine, std::less<>> machines_;
};

}  // namespace headway::machined
