// SPDX-License-Identifier: MIT
#include "tool/programs.h"

#include <algorithm>
#include <array>

namespace headway::tool {
namespace {

constexpr std::array all{
    &dbus_cleanup_sockets, &dbus_launch, &dbus_monitor,
    &dbus_run_session,     &dbus_send,   &dbus_update_activation_environment,
    &dbus_uuidgen,
};

}  // namespace

std::span<const Program* const> programs() { return all; }

const Program* find_program(std::string_view name) {
  const auto found = std::ranges::find(all, name, &Program::name);
  return found == all.end() ? nullptr : *found;
}

Chosen choose_program(std::string_view called_as, Arguments arguments) {
  const std::string_view name = called_as.substr(called_as.rfind('/') + 1);
  // Not any name: a link to this program that happens to be called as a verb stays `headway`.
  if (name.starts_with("dbus-")) {
    if (const Program* const program = find_program(name)) return {program, arguments};
  }
  if (arguments.empty()) return {};
  return {find_program(arguments.front()), arguments.subspan(1)};
}

}  // namespace headway::tool
