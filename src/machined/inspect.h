// SPDX-License-Identifier: MIT
#pragma once

#include "machined/helper_interface.h"

/// What a helper finds out about a machine from within. Everything here throws headway::error.
namespace headway::machined {

/// Addresses that others can reach: neither loopback's nor those of one link.
[[nodiscard]] Addresses addresses_of(const Target& machine);
[[nodiscard]] OsRelease os_release_of(const Target& machine);

/// The root directory of a machine that still lives.
[[nodiscard]] unique_fd open_root(const Target& machine);

}  // namespace headway::machined
