// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace headway::launch {

/// The words of a service's Exec line, at least one (ACT-020): split at blanks and newlines, quoted
/// as for a shell. Nothing is expanded, and `|`, `;`, `$` and the like are ordinary characters.
///
/// 'All between these is literal.' Between "these" a backslash quotes only $ ` " \ and newline; a
/// backslash outside of quotes quotes anything. Both remove a newline. A word that begins with # is
/// a comment, up to the end of its line. The error is a text. Total; one pass.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> split_exec_line(
    std::string_view line);

}  // namespace headway::launch
