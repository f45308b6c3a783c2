// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headway::config {

/// Why a file or directory could not be read.
struct SourceError {
  bool missing = false;  // there is no such file
  std::string text;      // in the system's words
};

/// What reading a configuration asks of the world outside: files, accounts and variables. Tests
/// have one in memory; SystemEnvironment is the real one. An account is asked about once per load.
class Environment {
 public:
  virtual ~Environment() = default;

  [[nodiscard]] virtual std::expected<std::string, SourceError> read_file(
      const std::string& path) = 0;
  /// Names of the directory's entries in any order, without "." and "..".
  [[nodiscard]] virtual std::expected<std::vector<std::string>, SourceError> list_directory(
      const std::string& path) = 0;

  /// None: no such account. Never asked about numbers.
  [[nodiscard]] virtual std::optional<std::uint32_t> uid_of(const std::string& user) = 0;
  [[nodiscard]] virtual std::optional<std::uint32_t> gid_of(const std::string& group) = 0;

  /// None: unset or empty.
  [[nodiscard]] virtual std::optional<std::string> variable(const std::string& name) = 0;

  /// Where the SELinux policy's own files lie, without a slash at the end; none: SELinux is off.
  [[nodiscard]] virtual std::optional<std::string> selinux_policy_root() = 0;
};

}  // namespace headway::config
