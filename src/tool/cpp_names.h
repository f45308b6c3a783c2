// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <string_view>

/// Names of D-Bus as names of C++.
namespace headway::tool {

/// "GetUnitByPID": "get_unit_by_pid". Any text gives an identifier that is no keyword and hides
/// nothing that generated code uses: "delete" gives "delete_", "" gives "value".
[[nodiscard]] std::string snake_name(std::string_view name);
/// "set_target", "setTarget": "SetTarget".
[[nodiscard]] std::string pascal_name(std::string_view name);
/// What it is called by the library, if it says nothing else: "set_target" is "SetTarget".
[[nodiscard]] std::string called_by_library(std::string_view identifier);
/// "units": "unit"; "processes": "process"; "properties": "property". What is no plural stays.
[[nodiscard]] std::string singular(std::string_view name);

/// Hands out names of which each is given once.
class NameScope {
 public:
  /// `wanted`, or it with `suffix`, or that with a number.
  std::string take(std::string wanted, std::string_view suffix = {});
  [[nodiscard]] bool is_free(std::string_view name) const { return !taken_.contains(name); }

 private:
  std::set<std::string, std::less<>> taken_;
};

/// `text` between quotes, as C++ reads it.
[[nodiscard]] std::string cpp_literal(std::string_view text);

}  // namespace headway::tool
