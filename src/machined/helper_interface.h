// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headway/fd.h"
#include "headway/interface.h"
#include "machined/interfaces.h"
#include "machined/shell_request.h"

/// What headway-machined asks of headway-machine-helper. Each helper is a process of its own that
/// serves one caller's request, for what is inside a machine can hang or end whoever touches it.
/// The two speak D-Bus over a socket pair, which is the helper's stdin.
namespace headway::machined {

/// The machine that a request is about.
struct Target {
  bool is_host = false;
  std::uint32_t pid = 0;  // the leader
  unique_fd pidfd;        // so that nobody is taken for it
};

/// An account of the machine, if it is there.
struct FoundAccount {
  bool is_there = false;
  Account account;
};

/// A shell as it was authorized.
struct SessionRequest {
  Account account;
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

inline constexpr std::string_view helper_path = "/org/headway/MachineHelper1";

template <class Role>
struct Helper1 {
  static constexpr std::string_view name = "org.headway.MachineHelper1";

  method<Role, Addresses(Target)> get_addresses;
  method<Role, OsRelease(Target)> get_os_release;
  method<Role, FoundAccount(Target, std::string)> find_account;
  // The helper goes on for as long as what it started.
  method<Role, several<Terminal>(Target, SessionRequest)> open_session;
  method<Role, several<Terminal>(Target)> open_login;
  method<Role, several<Terminal>(Target)> open_terminal;
};

}  // namespace headway::machined
