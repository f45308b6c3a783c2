// SPDX-License-Identifier: MIT
#include "lsm/apparmor_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

namespace headway::lsm {
namespace {

std::string query(std::string_view label, std::string_view bus_type,
                  std::initializer_list<std::string_view> parts) {
  std::string text("label\0", 6);
  text += label;
  text += '\0';
  text += apparmor_class_dbus;
  text += bus_type;
  for (const std::string_view part : parts) {
    text += '\0';
    text += part;
  }
  return text;
}

}  // namespace

ApparmorLabel parse_apparmor_label(std::string_view label) {
  const std::size_t mode = label.rfind(" (");
  if (!label.ends_with(')') || mode == std::string_view::npos || mode == 0) return {label, {}};
  return {label.substr(0, mode), label.substr(mode + 2, label.size() - mode - 3)};
}

std::string message_query(std::string_view label, std::string_view bus_type,
                          const ApparmorMessage& message) {
  return query(label, bus_type,
               {message.name, message.peer_label, message.path, message.interface, message.member});
}

std::string bind_query(std::string_view label, std::string_view bus_type, std::string_view name) {
  return query(label, bus_type, {name});
}

std::string eavesdrop_query(std::string_view label, std::string_view bus_type) {
  return query(label, bus_type, {});
}

std::optional<ApparmorKernel::Permissions> parse_permissions(std::string_view answer) {
  constexpr std::array<std::string_view, 4> keys{"allow 0x", "\ndeny 0x", "\naudit 0x",
                                                 "\nquiet 0x"};
  std::array<std::uint32_t, 4> numbers{};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!answer.starts_with(keys[i])) return std::nullopt;
    answer.remove_prefix(keys[i].size());
    const auto [end, error] =
        std::from_chars(answer.data(), answer.data() + answer.size(), numbers[i], 16);
    if (error != std::errc{}) return std::nullopt;
    answer.remove_prefix(static_cast<std::size_t>(end - answer.data()));
  }
  if (!answer.empty() && answer != "\n") return std::nullopt;
  return ApparmorKernel::Permissions{numbers[0], numbers[1], numbers[2], numbers[3]};
}

bool mediates_dbus(std::string_view mask) {
  const auto lists = [mask](std::string_view word) {
    constexpr std::string_view spaces = " \n";
    for (std::size_t at = mask.find(word); at != mask.npos; at = mask.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if ((at == 0 || spaces.contains(mask[at - 1])) &&
          (end == mask.size() || spaces.contains(mask[end]))) {
        return true;
      }
    }
    return false;
  };
  constexpr std::array<std::string_view, 3> needed{"acquire", "send", "receive"};
  return std::ranges::all_of(needed, lists);
}

}  // namespace headway::lsm
