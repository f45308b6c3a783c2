// SPDX-License-Identifier: MIT
#include "authority/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "authority/action_catalog.h"

namespace headway::authority {
namespace {

enum class Kind : std::uint8_t { help, version, replace, address, user, actions, rules };
struct Known {
  std::string_view name;
  std::string_view letter;
  Kind kind;
};
constexpr Known known[] = {
    {"--help", "-h", Kind::help},       {"--version", "", Kind::version},
    {"--replace", "-r", Kind::replace}, {"--address", "", Kind::address},
    {"--user", "", Kind::user},         {"--actions", "", Kind::actions},
    {"--rules", "", Kind::rules},
};

/// True if it was one that takes no value.
bool apply_flag(Options& options, Kind kind) {
  switch (kind) {
    case Kind::help:
      options.action = Options::Action::help;
      return true;
    case Kind::version:
      options.action = Options::Action::version;
      return true;
    case Kind::replace:
      options.replaces = true;
      return true;
    default:
      return false;
  }
}

void apply(Options& options, Kind kind, std::string value) {
  switch (kind) {
    case Kind::address:
      options.address = std::move(value);
      break;
    case Kind::user:
      options.user = std::move(value);
      break;
    case Kind::actions:
      options.actions.push_back(std::move(value));
      break;
    default:
      options.rules.push_back(std::move(value));
  }
}

}  // namespace

std::expected<Options, std::string> parse_options(std::span<const char* const> arguments) {
  Options options;
  while (!arguments.empty()) {
    const std::string_view word = arguments.front();
    arguments = arguments.subspan(1);
    const auto equals = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, equals);
    const auto* const found = std::ranges::find_if(known, [&](const Known& option) {
      return option.name == name || (!option.letter.empty() && option.letter == word);
    });
    if (found == std::end(known)) {
      return std::unexpected(fmt::format("headway-authority: there is no option {}", word));
    }
    const bool has_value = equals < word.size();
    if (apply_flag(options, found->kind)) {
      if (has_value) {
        return std::unexpected(fmt::format("headway-authority: {} takes no value", name));
      }
      continue;
    }
    if (!has_value && arguments.empty()) {
      return std::unexpected(fmt::format("headway-authority: {} needs a value", name));
    }
    std::string value(has_value ? word.substr(equals + 1) : std::string_view(arguments.front()));
    if (!has_value) arguments = arguments.subspan(1);
    if (value.empty()) {
      return std::unexpected(fmt::format("headway-authority: {} needs a value", name));
    }
    apply(options, found->kind, std::move(value));
  }
  if (options.actions.empty()) options.actions = standard_action_directories();
  return options;
}

std::string_view usage() {
  return "Usage: headway-authority [OPTION...]\n"
         "Decides who may do what: the service org.freedesktop.PolicyKit1.\n"
         "\n"
         "  --address ADDRESS  the bus; otherwise the system bus\n"
         "  --user USER        become this user first\n"
         "  --actions DIR      read action files (.policy) here; may be repeated\n"
         "  --rules DIR        read rules (.rules) here; may be repeated\n"
         "  -r, --replace      take the name from who has it\n"
         "  -h, --help         say this\n"
         "  --version          say which version this is\n";
}

}  // namespace headway::authority
