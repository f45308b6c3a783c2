// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

/// Asking the name service. Blocks for as long as that takes.
namespace headway::config {

struct Account {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string name;
  std::string home;
};

[[nodiscard]] std::optional<Account> find_account(const std::string& name);
[[nodiscard]] std::optional<Account> find_account(std::uint32_t uid);
/// As configurations name one: by name or by number (CONF-008). The error is a text.
[[nodiscard]] std::expected<Account, std::string> find_configured_account(
    const std::string& name_or_uid);

[[nodiscard]] std::optional<std::uint32_t> find_group(const std::string& name);

}  // namespace headway::config
