// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "tool/program.h"

/// Starting programs, the bus above all. What can fail says so in one line for stderr.
namespace headway::tool {

template <class T>
using ProcessResult = std::expected<T, std::string>;

struct Pipe {
  Fd reader;
  Fd writer;
};
[[nodiscard]] ProcessResult<Pipe> make_pipe();

/// The first line that comes, without its end. It is an address or a number, so its length is
/// bounded.
[[nodiscard]] ProcessResult<std::string> read_line(const Fd& reader);

/// Becomes the program, which is looked for in PATH. Only returns if that fails, with errno.
[[nodiscard]] int become(std::vector<std::string> command);

/// The bus that is started if none is named: by the programs of old `dbus-daemon`, whoever provides
/// it, by the verbs our own.
inline constexpr std::string_view usual_bus = "dbus-daemon";
inline constexpr std::string_view own_bus = "headwayd";

/// Becomes that bus, or the other of these two if it is not installed, in a process made for it. Of
/// the descriptors beyond stderr only `inherited` stay open: it may live long, and nobody should
/// wait for the end of a pipe that it holds. Only returns if that fails, with errno.
[[nodiscard]] int become_bus(std::vector<std::string> command,
                             std::initializer_list<int> inherited);

/// In a process made by fork(), whose parent's buffers and destructors are none of its business.
[[noreturn]] void exit_child(int status);

}  // namespace headway::tool
