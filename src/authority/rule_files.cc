// SPDX-License-Identifier: MIT
#include "authority/rule_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include "authority/files.h"

namespace headway::authority {
namespace {

struct Name {
  std::string name;
  std::size_t directory = 0;
  auto operator<=>(const Name&) const = default;
};

}  // namespace

std::vector<std::string> standard_rule_directories() {
  return {"/etc/polkit-1/rules.d", "/run/polkit-1/rules.d", "/usr/local/share/polkit-1/rules.d",
          "/usr/share/polkit-1/rules.d"};
}

std::vector<RuleFile> read_rule_files(const std::vector<std::string>& directories,
                                      std::vector<std::string>& warnings) {
  std::vector<Name> names;
  for (std::size_t i = 0; i < directories.size(); ++i) {
    auto found = list_files(directories[i], ".rules");
    if (!found) {
      if (found.error().number != ENOENT) {
        warnings.push_back(fmt::format("{}: {}", directories[i], describe(found.error())));
      }
      continue;
    }
    for (std::string& name : *found) names.push_back({.name = std::move(name), .directory = i});
  }
  std::ranges::sort(names);

  std::vector<RuleFile> files;
  std::size_t bytes = 0;
  for (const auto& [name, directory] : names) {
    std::string path = directories[directory] + "/" + name;
    auto text = read_file(path, rule_file_bytes_max);
    if (!text) {
      warnings.push_back(fmt::format("{}: {}", path, describe(text.error())));
    } else if (text->size() > rule_file_bytes_max) {
      warnings.push_back(fmt::format("{}: is longer than {} bytes, and does not count", path,
                                     rule_file_bytes_max));
    } else if (files.size() == rule_files_max || text->size() > rule_bytes_max - bytes) {
      warnings.push_back(
          fmt::format("{}: does not count, as there are more rules than {} files"
                      " or {} bytes",
                      path, rule_files_max, rule_bytes_max));
    } else {
      bytes += text->size();
      files.push_back({.path = std::move(path), .text = std::move(*text)});
    }
  }
  return files;
}

}  // namespace headway::authority
