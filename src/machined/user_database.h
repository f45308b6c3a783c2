// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "machined/shell_request.h"

/// The files /etc/passwd and /etc/group of a machine, which its root writes as he likes. They are
/// read by us and not by the C library, which would take modules for that from the machine.
namespace headway::machined {

inline constexpr std::size_t user_file_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t groups_max = 65536;

/// The first account of this name, or else of this number. Lines that are none are passed over.
[[nodiscard]] std::optional<Account> find_in_passwd(std::string_view passwd, std::string_view user);

struct Groups {
  std::vector<std::uint32_t> ids;  // the account's, its first one first, each once
  std::uint32_t tty = 0;           // whose terminals are; root's if there is none
};
[[nodiscard]] Groups groups_in(std::string_view group, const Account& account);

}  // namespace headway::machined
