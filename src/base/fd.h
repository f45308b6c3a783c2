// SPDX-License-Identifier: MIT
#pragma once

#include "headway/fd.h"

namespace headway {

/// Inside the project the owner of a descriptor is called as everything else is.
using Fd = unique_fd;

}  // namespace headway
