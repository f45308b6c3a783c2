// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "base/fd.h"
#include "io/error.h"

namespace headway::machined {

/// A whole regular file, or one of /proc; EFBIG if it has more than `bytes_max`, EINVAL if it is
/// something that reading could block on.
[[nodiscard]] io::Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
/// The same below the directory `root`, which no link in the path leads out of.
[[nodiscard]] io::Result<std::string> read_file_in(const Fd& root, const std::string& path,
                                                   std::size_t bytes_max);

}  // namespace headway::machined
