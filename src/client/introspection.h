// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "headway/introspection.h"
#include "headway/object.h"

namespace headway::client {

/// Of annotations as interfaces write them (see headway/interface.h); empty if there is none.
[[nodiscard]] std::string_view annotation_in(std::string_view annotations, std::string_view name);

/// What an object says of itself: its interfaces, those that every object has, and the names of
/// the nodes right below it.
[[nodiscard]] introspection::node node_of(std::span<detail::offered* const> interfaces,
                                          std::span<const std::string> children);

}  // namespace headway::client
