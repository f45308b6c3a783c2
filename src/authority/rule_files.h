// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace headway::authority {

/// A file of rules, as it was read.
struct RuleFile {
  std::string path;
  std::string text;
  bool operator==(const RuleFile&) const = default;
};

/// How much a machine may have of them: all of it is held in memory.
inline constexpr std::size_t rule_files_max = 1024;
inline constexpr std::size_t rule_file_bytes_max = 1 << 20;
inline constexpr std::size_t rule_bytes_max = 8 << 20;

/// The `*.rules` files of these directories in the order in which they count: by name, bytewise;
/// those of one name in the order of their directories. None masks another. What cannot be read is
/// told in `warnings`, and the rest counts; a directory that is not there has no files.
[[nodiscard]] std::vector<RuleFile> read_rule_files(const std::vector<std::string>& directories,
                                                    std::vector<std::string>& warnings);

/// Where a machine has its rules, in order.
[[nodiscard]] std::vector<std::string> standard_rule_directories();

}  // namespace headway::authority
