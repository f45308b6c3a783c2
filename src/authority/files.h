// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "io/error.h"

namespace headway::authority {

/// The names in a directory that end so, in no order. ENOENT if there is none.
[[nodiscard]] io::Result<std::vector<std::string>> list_files(const std::string& directory,
                                                              std::string_view ending);

/// All of a regular file, or one byte more than `bytes_max` of it.
[[nodiscard]] io::Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace headway::authority
