// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headway::machined {

inline constexpr std::string_view host_name = ".host";
inline constexpr std::size_t machine_name_bytes_max = 64;

/// A machine's name is a host name, in labels of letters, digits, '-' and '_' that neither begin
/// nor end with '-': it becomes a part of paths and is shown to people. ".host" is none, as nobody
/// can register it.
[[nodiscard]] bool is_machine_name(std::string_view name);

/// The last element of an object path for any text: letters and digits stay, others become _XX.
[[nodiscard]] std::string path_element(std::string_view text);

/// Where a machine's object is.
[[nodiscard]] std::string machine_path(std::string_view name);

}  // namespace headway::machined
