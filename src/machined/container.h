// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "machined/helper_interface.h"
#include "machined/user_database.h"

/// A container from its outside, and the way in. Everything here throws headway::error.
namespace headway::machined {

/// By the container's own files; nothing of the container is executed or loaded for that.
[[nodiscard]] std::optional<Account> find_container_account(const Target& machine,
                                                            const std::string& user);

/// From now on this process is in the container, but for its number: its root directory, all its
/// name spaces, as its root with the account's groups, and nothing that it executes can do more
/// than what the machine's leader executes; its children get numbers there, too. What it may not do
/// any more is load a library or ask a name service, which would be the container's. Returns the
/// container's group of terminals.
std::uint32_t enter_container(const Target& machine, const Account& account);

}  // namespace headway::machined
