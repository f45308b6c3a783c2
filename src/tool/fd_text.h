// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace headway::tool {

/// What kind of file a descriptor is of, and of a socket its addresses: one fact a line, each
/// behind `indent` spaces. Nothing if it is none.
void append_fd(std::string& out, int fd, std::size_t indent);

}  // namespace headway::tool
