// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "headway/error.h"

namespace headway::testing {

/// For tests: the name of the error that `what()` throws, or "none".
template <class What>
std::string error_of(What&& what) {
  try {
    what();
    return "none";
  } catch (const error& e) {
    return e.name();
  }
}

}  // namespace headway::testing
