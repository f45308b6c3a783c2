// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "headway/fd.h"
#include "headway/interface.h"
#include "machined/interfaces.h"

/// What headway-machined asks of headway-machine-helper. Each helper is a process of its own that
/// serves one request, for what is inside a machine can hang or end whoever touches it. The two
/// speak D-Bus over a socket pair, which is the helper's stdin.
namespace headway::machined {

/// The machine that a request is about.
struct Target {
  bool is_host = false;
  std::uint32_t pid = 0;  // the leader
  unique_fd pidfd;        // so that nobody is taken for it
};

inline constexpr std::string_view helper_path = "/org/headway/MachineHelper1";

template <class Role>
struct Helper1 {
  static constexpr std::string_view name = "org.headway.MachineHelper1";

  method<Role, Addresses(Target)> get_addresses;
  method<Role, OsRelease(Target)> get_os_release;
};

}  // namespace headway::machined
