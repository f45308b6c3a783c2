// SPDX-License-Identifier: MIT
#pragma once

namespace headway {

/// Says where and what on stderr and ends the process. Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace headway

/// For bugs of ours, on in release builds too. Hostile input never reaches one.
#define HEADWAY_ASSERT(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::headway::assertion_failed(#condition, __FILE__, __LINE__))
