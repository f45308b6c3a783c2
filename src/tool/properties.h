// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "tool/resolve.h"

namespace headway::tool {

/// The property that is meant. Nobody is asked if the path and its whole name are given; then its
/// type is not known.
[[nodiscard]] Outcome<Member> find_property(const Service& service, const Output& output,
                                            std::string_view path, std::string_view text);
/// The reply, whose value is a variant.
[[nodiscard]] Outcome<message> get_property(const Service& service, const Member& which);
/// The reply, whose value is a{sv}.
[[nodiscard]] Outcome<message> get_all_properties(const Service& service, std::string_view path,
                                                  std::string_view interface);
/// A call of Get, GetAll or Set, up to the arguments behind the interface.
[[nodiscard]] message_builder properties_call(const Service& service, std::string_view path,
                                              std::string_view method, std::string_view interface);
/// path, interface, property, type, data: of the value that comes next.
[[nodiscard]] JsonText json_of_property(const Member& which, message_reader& value);

}  // namespace headway::tool
