// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "headway/object.h"
#include "wire/body.h"

namespace headway::client {

/// Appends those properties of the interfaces of an object that `wanted` says, as a{sv}.
template <class Wanted>
void add_properties(detail::output& to, std::span<detail::offered* const> interfaces,
                    Wanted wanted) {
  wire::BodyWriter writer(to.body);
  const auto array = writer.open_array('{');
  for (const auto* const object : interfaces) {
    for (auto* const property : object->properties) {
      if (!wanted(*property)) continue;
      writer.begin_struct();
      writer.string(property->name);
      property->encode(to);
    }
  }
  writer.close_array(array);
}

}  // namespace headway::client
