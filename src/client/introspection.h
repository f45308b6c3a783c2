// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "headway/introspection.h"
#include "headway/object.h"

namespace headway::client {

/// What an object says of itself: its interfaces, those that every object has, and the names of
/// the nodes right below it.
[[nodiscard]] introspection::node node_of(std::span<detail::offered* const> interfaces,
                                          std::span<const std::string> children);

}  // namespace headway::client
