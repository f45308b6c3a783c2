// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headway::machined {

/// What a caller of OpenMachineShell asks for.
struct ShellRequest {
  std::string machine;
  std::string user;                      // a name or a number; empty: root
  std::string program;                   // an absolute path; empty: the user's login shell
  std::vector<std::string> arguments;    // with argv[0]
  std::vector<std::string> environment;  // "NAME=value"
};

/// Whose shell it is, as the machine's user database says.
struct Account {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
};

inline constexpr std::size_t user_bytes_max = 256;
inline constexpr std::size_t arguments_bytes_max = std::size_t{16} << 10;
inline constexpr std::size_t environment_bytes_max = std::size_t{16} << 10;

/// What is wrong with it: a text for InvalidArgs. Puts "root" where there is no user and [program]
/// where there are no arguments; arguments without a program are dropped.
[[nodiscard]] std::optional<std::string> normalize(ShellRequest& request);

/// The program and its arguments; a login shell is called by a name that begins with '-'.
struct Command {
  std::string program;
  std::vector<std::string> arguments;
};
[[nodiscard]] Command command_of(const ShellRequest& request, const Account& account);

/// What rules can look up. Besides systemd-machined's `machine`, `user` and `program`: `uid`,
/// `resolved-program`, `default-shell` (1 or 0), `args` and `environment`, in which one word is
/// parted from the next by a space and has a backslash before each space, backslash and control
/// character. `user` is the account's name, however the caller wrote it; without an account, for
/// which no shell is opened, it is as written.
[[nodiscard]] std::map<std::string, std::string> details_of(const ShellRequest& request,
                                                            const std::optional<Account>& account);

}  // namespace headway::machined
