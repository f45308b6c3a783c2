// SPDX-License-Identifier: MIT
#include "tool/program.h"

#include <fmt/format.h>

namespace headway::tool {

std::string usage_of(const Program& program) {
  return fmt::format("Usage: {} {}", program.name, program.usage);
}

std::string synopsis_of(const Program& program) {
  return fmt::format("Usage: {} {}", program.name,
                     program.usage.substr(0, program.usage.find('\n') + 1));
}

std::string version_of(const Program& program) {
  return fmt::format("{} (headway) {}\n", program.name, HEADWAY_VERSION);
}

void print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

void complain(const Program& program, std::string_view text) {
  print(stderr, fmt::format("{}: {}\n", program.name, text));
}

}  // namespace headway::tool
