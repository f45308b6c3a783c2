// SPDX-License-Identifier: MIT
#pragma once

#include "authority/worker_messages.h"
#include "base/fd.h"

namespace headway::authority {

/// Memory that scripts may use, all together.
inline constexpr std::size_t script_bytes_max = 64 << 20;

/// How a worker ends whose scripts want more than that.
inline constexpr int worker_exhausted = 3;

/// The process that runs scripts: locks itself up, loads what it is given and answers, one question
/// at a time. Ends when the other end does, and without a word when that says what it never says.
[[noreturn]] void run_worker(Fd socket, WorkerProgress& progress);

}  // namespace headway::authority
