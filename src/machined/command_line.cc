// SPDX-License-Identifier: MIT
#include "machined/command_line.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace headway::machined {

std::expected<CommandLine, std::string> parse_command_line(std::span<const char* const> arguments,
                                                           std::string helper) {
  CommandLine line;
  line.helper = std::move(helper);
  for (const std::string_view argument : arguments) {
    const std::size_t sign = argument.find('=');
    const std::string_view name = argument.substr(0, sign);
    const std::string value(sign == std::string_view::npos ? "" : argument.substr(sign + 1));
    if (argument == "--help") {
      line.task = CommandLine::Task::print_help;
    } else if (argument == "--version") {
      line.task = CommandLine::Task::print_version;
    } else if (name == "--address" && !value.empty()) {
      line.address = value;
    } else if (name == "--helper" && value.starts_with('/')) {
      line.helper = value;
    } else {
      return std::unexpected(fmt::format(
          "headway-machined: cannot use \"{}\"; --help says what can be used\n", argument));
    }
  }
  return line;
}

}  // namespace headway::machined
