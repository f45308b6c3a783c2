// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

/// The command-line tool: one executable, `headway`, that is many programs.
namespace headway::tool {

/// How a program was called: its arguments, without its name.
using Arguments = std::span<const char* const>;

/// One of the programs. The entry stands in the file that implements it.
struct Program {
  std::string_view name;
  std::string_view summary;  // one line for `headway --help`
  /// What it takes: the synopsis, without the name, then its options line by line. Its page in
  /// docs/man explains the same options; a test compares the two.
  std::string_view usage;
  /// Runs it to its end; the exit status.
  int (*run)(const Program& self, Arguments arguments);
};

/// "Usage: NAME SYNOPSIS" and all that follows, for who asks for help.
[[nodiscard]] std::string usage_of(const Program& program);
/// Its first line, for who got it wrong.
[[nodiscard]] std::string synopsis_of(const Program& program);
/// What `--version` prints.
[[nodiscard]] std::string version_of(const Program& program);

void print(std::FILE* to, std::string_view text);
/// "NAME: TEXT" and a newline on stderr.
void complain(const Program& program, std::string_view text);

}  // namespace headway::tool
