// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>

namespace headway::authority {

/// Becomes this user for good, with that user's groups and no capabilities, and never gets more
/// than that: no_new_privs. The empty name: stays who it is. The error is a text.
[[nodiscard]] std::expected<void, std::string> become(const std::string& user);

}  // namespace headway::authority
