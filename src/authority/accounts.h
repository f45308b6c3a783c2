// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headway::authority {

/// What the name service knows. Blocks for as long as that takes.
class Accounts {
 public:
  Accounts() = default;
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;
  virtual ~Accounts() = default;

  [[nodiscard]] virtual std::optional<std::uint32_t> uid_of(const std::string& name) const = 0;
  /// Or the number as text.
  [[nodiscard]] virtual std::string name_of(std::uint32_t uid) const = 0;
  /// Names, or numbers as text, each once, the primary one first; none for a user nobody knows.
  [[nodiscard]] virtual std::vector<std::string> groups_of(std::uint32_t uid) const = 0;
  /// The users of a group, by its name or number.
  [[nodiscard]] virtual std::vector<std::uint32_t> members_of(const std::string& group) const = 0;
  [[nodiscard]] virtual std::vector<std::uint32_t> members_of_netgroup(
      const std::string& netgroup) const = 0;
};

class SystemAccounts final : public Accounts {
 public:
  [[nodiscard]] std::optional<std::uint32_t> uid_of(const std::string& name) const override;
  [[nodiscard]] std::string name_of(std::uint32_t uid) const override;
  [[nodiscard]] std::vector<std::string> groups_of(std::uint32_t uid) const override;
  [[nodiscard]] std::vector<std::uint32_t> members_of(const std::string& group) const override;
  [[nodiscard]] std::vector<std::uint32_t> members_of_netgroup(
      const std::string& netgroup) const override;
};

/// A number that is a user's or a group's: decimal, and not the one that means none.
[[nodiscard]] std::optional<std::uint32_t> parse_id(std::string_view text);

/// Whether `identity` ("unix-user:NAME|UID") is this user.
[[nodiscard]] bool is_user(std::string_view identity, std::uint32_t uid, const Accounts& accounts);

/// The users that identities stand for, each once. Groups stand for their members; root is one only
/// if it is named itself. Those that are none stand for nobody; if nobody is left, for root.
[[nodiscard]] std::vector<std::uint32_t> users_of(const std::vector<std::string>& identities,
                                                  const Accounts& accounts);

}  // namespace headway::authority
