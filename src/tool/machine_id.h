// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>

/// The file with the id of a machine (NAME-011, ADDR-028): 32 hex digits and a newline.
namespace headway::tool {

inline constexpr const char* machine_id_file = "/var/lib/dbus/machine-id";
inline constexpr const char* system_machine_id_file = "/etc/machine-id";

/// What can fail says so in one line for stderr.
template <class T>
using IdResult = std::expected<T, std::string>;

/// 32 random lower-case hex digits.
[[nodiscard]] std::string new_id();

/// The id in this file, in lower case.
[[nodiscard]] IdResult<std::string> read_id(const std::string& path);

/// Makes sure that the file holds an id: a new one if there is no such file. Replaces nothing.
[[nodiscard]] IdResult<void> ensure_id(const std::string& path);

/// This machine's, from the first of the two files above that holds one.
[[nodiscard]] IdResult<std::string> machine_id();

/// Makes sure that the first of the two files holds this machine's id: the second one's, or else a
/// new one. That a known id cannot be copied is no failure.
[[nodiscard]] IdResult<void> ensure_machine_id();

}  // namespace headway::tool
