// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace headway::tool {

/// Whether it is this object or one below it.
[[nodiscard]] constexpr bool lies_below(std::string_view path, std::string_view top) {
  if (top == "/") return path.starts_with('/');
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

}  // namespace headway::tool
