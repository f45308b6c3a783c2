// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "headway/introspection.h"
#include "headway/object.h"

namespace headway::client {

/// Of annotations as interfaces write them (see headway/interface.h); empty if there is none.
[[nodiscard]] std::string_view annotation_in(std::string_view annotations, std::string_view name);

/// What PropertiesChanged says of a property: of two annotations the member's own counts.
enum class Emission : std::uint8_t { value, invalidation, constant, nothing };
[[nodiscard]] Emission emission_of(std::string_view member_annotations,
                                   std::string_view interface_annotations);

/// What an object says of itself: its interfaces, those that every object has, ObjectManager if it
/// is one, and the names of the nodes right below it.
[[nodiscard]] introspection::node node_of(std::span<detail::offered* const> interfaces,
                                          bool is_manager, const std::set<std::string>& children);

}  // namespace headway::client
