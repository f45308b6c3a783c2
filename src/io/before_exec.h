// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

/// What a process does on its way to being another program. Only system calls: nothing here depends
/// on the state of the process it was copied from.
namespace headway::io {

/// As execve() takes them; the strings stay where they are.
[[nodiscard]] std::vector<char*> pointers_to(const std::vector<std::string>& strings);

/// PROC-006. That this fails keeps nobody from being started.
void give_up_protection();

/// Whatever is pending comes only when its disposition is that of any program.
void default_signals();

}  // namespace headway::io
