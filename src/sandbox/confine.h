// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/file_rights.h"

/// Processes that read what anybody sends can do little: what such a peer can do with a bug of ours
/// ends here.
namespace headway::sandbox {

/// What a process still needs when it is locked up.
struct Confinement {
  const char* process;         // "The broker process": begins a sentence
  std::span<const int> calls;  // system calls, as <seccomp.h> numbers them; allowed by number alone
  FileRights files = {};
};

/// Locks this process up for good: no new privileges, no capabilities, no file system (Landlock),
/// and only those system calls (seccomp). Calls that nobody makes by accident (execve, ptrace,
/// mount) kill the process, others fail with EPERM.
///
/// `files` is what stays possible where a security module must be asked: seccomp lets those files
/// be opened by the very pointers in it, and Landlock lets nothing else be opened even by who has
/// changed the memory behind them.
///
/// Where the kernel or a container refuses a part, the others still hold: one sentence for each
/// part that does not, for the log. Builds with sanitizers need more, and are less locked.
[[nodiscard]] std::vector<std::string> confine(const Confinement& to);

/// Whether this was built with a sanitizer, whose runtime needs more than programs do.
[[nodiscard]] bool is_sanitized();

}  // namespace headway::sandbox
