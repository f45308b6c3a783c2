// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace headway::launch {

/// How the helper of a system bus ends if it does not become the service (HELP-007).
enum class HelperStatus : std::uint8_t {
  failed = 1,
  no_memory = 2,
  config_invalid = 3,
  setup_failed = 4,
  name_invalid = 5,
  service_not_found = 6,
  permissions_invalid = 7,
  file_invalid = 8,
  exec_failed = 9,
  bad_arguments = 10,
  child_signalled = 11,
};

}  // namespace headway::launch
