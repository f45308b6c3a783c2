// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "config/environment.h"

namespace headway::config {

/// An environment in memory, for tests. A directory exists if a file lies in it.
class FakeEnvironment final : public Environment {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> unreadable;  // files and directories
  std::map<std::string, std::uint32_t> users = {{"root", 0}, {"alice", 1000}};
  std::map<std::string, std::uint32_t> groups = {{"root", 0}, {"wheel", 10}};
  std::map<std::string, std::string> variables;
  std::optional<std::string> selinux_root;
  int account_questions = 0;

  std::expected<std::string, SourceError> read_file(const std::string& path) override {
    if (unreadable.contains(path)) return std::unexpected(SourceError{false, "Permission denied"});
    const auto file = files.find(path);
    if (file == files.end()) return std::unexpected(missing());
    return file->second;
  }

  std::expected<std::vector<std::string>, SourceError> list_directory(
      const std::string& path) override {
    if (unreadable.contains(path)) return std::unexpected(SourceError{false, "Permission denied"});
    std::set<std::string> names;
    for (const auto& [file, text] : files) {
      if (!file.starts_with(path + "/")) continue;
      const auto rest = std::string_view(file).substr(path.size() + 1);
      names.emplace(rest.substr(0, rest.find('/')));
    }
    if (names.empty()) return std::unexpected(missing());
    return std::vector<std::string>(names.rbegin(), names.rend());  // not sorted
  }

  std::optional<std::uint32_t> uid_of(const std::string& user) override {
    ++account_questions;
    return value_of(users, user);
  }
  std::optional<std::uint32_t> gid_of(const std::string& group) override {
    ++account_questions;
    return value_of(groups, group);
  }
  std::optional<std::string> variable(const std::string& name) override {
    return value_of(variables, name);
  }
  std::optional<std::string> selinux_policy_root() override { return selinux_root; }

 private:
  static SourceError missing() { return {true, "No such file or directory"}; }

  template <typename T>
  static std::optional<T> value_of(const std::map<std::string, T>& map, const std::string& key) {
    const auto found = map.find(key);
    if (found == map.end()) return {};
    return found->second;
  }
};

}  // namespace headway::config
