// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tool/output.h"
#include "tool/resolve.h"

namespace headway::tool {

/// An object of a service, for `tree` and `show`.
struct ObjectEntry {
  std::string path;
  std::vector<std::string> interfaces;  // without those that every object has
  std::string fault;                    // why it does not say what it has; or empty
};

/// An object and all below it, in the order of a tree.
[[nodiscard]] Outcome<std::vector<ObjectEntry>> list_objects(const Service& service,
                                                             std::string_view top);

/// The object that is meant by a path, or by the end of one that only one object has: "bulb/1".
[[nodiscard]] Outcome<std::string> resolve_path(const Service& service, const Output& output,
                                                std::string_view text);

/// Drawn as a tree, each with its interfaces; one line an object. Objects with neither interfaces
/// nor a fault only join the others.
[[nodiscard]] std::string text_of_tree(const std::vector<ObjectEntry>& objects,
                                       const Output& output);

/// Whether it is one of Introspectable, Peer and Properties.
[[nodiscard]] bool is_on_every_object(std::string_view interface);

}  // namespace headway::tool
