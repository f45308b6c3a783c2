// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace headway::io {

/// From the kernel, fit for secrets. At most 256, which it gives without being interrupted.
[[nodiscard]] std::string random_bytes(std::size_t bytes);
/// Letters and digits, to make up names with.
[[nodiscard]] std::string random_letters(std::size_t count);

}  // namespace headway::io
