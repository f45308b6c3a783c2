// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "config/bus_config.h"
#include "config/environment.h"

namespace headway::config {

/// What <standard_session_servicedirs/> stands for (CONF-015). May contain a directory twice.
[[nodiscard]] std::vector<ServiceDirectory> standard_session_directories(Environment& environment);

/// What <standard_system_servicedirs/> stands for (CONF-016), whatever the variables say: those of
/// whoever started a system bus have no say in which programs it starts.
[[nodiscard]] std::vector<ServiceDirectory> standard_system_directories();

}  // namespace headway::config
