// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "machined/shell_request.h"

namespace headway::machined {

/// An account of the host, by name or number, as its name service says. May block: for helpers.
[[nodiscard]] std::optional<Account> find_host_account(const std::string& user);
/// The group that terminals belong to; root's if there is none.
[[nodiscard]] std::uint32_t host_tty_group();

}  // namespace headway::machined
