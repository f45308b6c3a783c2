// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/fd.h"

namespace headway::launch {

/// Where a program writes to; none: to where we do.
struct Output {
  Fd out;
  Fd err;
};

/// The journal, with the service's name on each line (its SYSLOG_IDENTIFIER), what comes on stderr
/// as warnings. None where nobody listens at `path`, or has no room at once: nothing here waits.
[[nodiscard]] Output journal_output(const std::string& service,
                                    const std::string& path = "/run/systemd/journal/stdout");

}  // namespace headway::launch
