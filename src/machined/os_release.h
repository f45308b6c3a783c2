// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace headway::machined {

inline constexpr std::size_t os_release_bytes_max = std::size_t{64} << 10;

/// The assignments of an os-release file: NAME=value, 'value' or "value", where a backslash takes
/// the meaning of what follows it. Lines that are none are passed over, and so is what a message
/// could not carry.
[[nodiscard]] std::map<std::string, std::string> parse_os_release(std::string_view text);

}  // namespace headway::machined
