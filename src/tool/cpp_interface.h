// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "headway/introspection.h"

namespace headway::tool {

/// One interface as a struct template, behind the structs that it needs, which lie in a namespace
/// of their own. `name` is what the template is called. Throws headway::error for what cannot be
/// written in C++.
[[nodiscard]] std::string cpp_interface(const introspection::interface& what,
                                        std::string_view name);

/// Lines of a comment, each behind `mark`, such as "  /// ". What they say cannot end the comment.
[[nodiscard]] std::string cpp_comment(std::string_view text, std::string_view mark = "/// ");

}  // namespace headway::tool
