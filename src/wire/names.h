// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// The grammars of names and paths (NAME-001 .. NAME-011). Each is one pass over the text.
namespace headway::wire {

[[nodiscard]] bool is_interface_name(std::string_view text);   // NAME-002
[[nodiscard]] bool is_error_name(std::string_view text);       // NAME-003
[[nodiscard]] bool is_member_name(std::string_view text);      // NAME-004
[[nodiscard]] bool is_well_known_name(std::string_view text);  // NAME-005
[[nodiscard]] bool is_unique_name(std::string_view text);      // NAME-006
[[nodiscard]] bool is_bus_name(std::string_view text);         // either of the two
[[nodiscard]] bool is_object_path(std::string_view text);      // NAME-007
[[nodiscard]] bool is_name_namespace(std::string_view text);   // NAME-008
[[nodiscard]] bool is_uuid(std::string_view text);             // NAME-011, upper case accepted

/// True if `name` is `prefix` or lies below it: "a.b" holds "a.b" and "a.b.c", not "a.bc".
[[nodiscard]] bool is_name_within(std::string_view name, std::string_view prefix);

/// The same for object paths; "/" holds every path.
[[nodiscard]] bool is_path_within(std::string_view path, std::string_view prefix);

}  // namespace headway::wire
