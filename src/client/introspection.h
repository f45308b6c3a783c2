// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "headway/object.h"

namespace headway::client {

/// The introspection document of an object: its interfaces, those that every object has, and the
/// names of the nodes right below it.
[[nodiscard]] std::string introspection_of(std::span<detail::offered* const> interfaces,
                                           std::span<const std::string> children);

}  // namespace headway::client
