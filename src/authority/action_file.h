// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "authority/action.h"

namespace headway::authority {

struct ActionFile {
  std::vector<Action> actions;        // ids distinct
  std::vector<std::string> warnings;  // "file:line: text"
};

inline constexpr std::size_t action_file_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t actions_per_file_max = 4096;

/// Reads an action file (`.policy`). Total: any bytes give actions and warnings. Text that is not
/// well-formed XML counts up to there; an action with a mistake is left out, and others stay. What
/// is unknown is passed over, as files of newer versions must go on working.
///
/// Cost: linear in the text.
[[nodiscard]] ActionFile parse_action_file(std::string_view text, const std::string& path);

}  // namespace headway::authority
