// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headway/names.h"
#include "headway/value.h"

namespace headway {

/// Any text as one element of an object path, in the way of systemd: what is no ASCII letter or
/// digit, and a digit at the start, becomes '_' and two hex digits; no text at all becomes "_".
/// "dbus.service" is "dbus_2eservice".
[[nodiscard]] std::string escape_path_element(std::string_view text);
/// The text again. What nobody has to write so is read all the same ("a_62" is "ab"); none if there
/// is a '_' that no two hex digits follow.
[[nodiscard]] std::optional<std::string> unescape_path_element(std::string_view element);

/// What stands in a path in place of the elements in braces, in their order.
using path_words = std::vector<std::string>;

/// The paths of a family of objects, whose elements in braces stand for any text:
///
///     const headway::path_template units("/org/example/units/{name}");
///     bus.proxy<Unit1>("org.example.Units", units.path("dbus.service"));
///     if (auto words = units.match(path)) std::cout << words->at(0);  // "dbus.service"
class path_template {
 public:
  /// Throws invalid_args for what is none. A literal is checked by the compiler.
  explicit path_template(template_text text);

  /// With these words, escaped, in place of the elements in braces. Throws invalid_args if they are
  /// not as many.
  template <class... Words>
  [[nodiscard]] object_path path(const Words&... words) const {
    return fill(path_words{std::string(std::string_view(words))...});
  }
  [[nodiscard]] object_path fill(std::span<const std::string> words) const;
  /// None if it is not the path that fill() makes of some words.
  [[nodiscard]] std::optional<path_words> match(std::string_view path) const;
  /// What comes before the first element in braces.
  [[nodiscard]] std::string prefix() const;

 private:
  std::vector<std::string> elements_;  // empty: any text
  std::size_t words_ = 0;
};

}  // namespace headway
