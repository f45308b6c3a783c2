// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/environment.h"

namespace headway::config {

/// The machine itself. Blocks for as long as files and the name service take, which is why only
/// the supervisor process uses one, never the one that carries messages.
class SystemEnvironment final : public Environment {
 public:
  /// `selinux_policy_root` is for whoever knows about SELinux to say.
  explicit SystemEnvironment(std::optional<std::string> selinux_policy_root = {})
      : selinux_policy_root_(std::move(selinux_policy_root)) {}

  std::expected<std::string, SourceError> read_file(const std::string& path) override;
  std::expected<std::vector<std::string>, SourceError> list_directory(
      const std::string& path) override;
  std::optional<std::uint32_t> uid_of(const std::string& user) override;
  std::optional<std::uint32_t> gid_of(const std::string& group) override;
  /// HOME is that of the process's account if the variable is unset.
  std::optional<std::string> variable(const std::string& name) override;
  std::optional<std::string> selinux_policy_root() override { return selinux_policy_root_; }

 private:
  std::optional<std::string> selinux_policy_root_;
};

}  // namespace headway::config
