// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/xml.h"
#include "config/bus_config.h"

namespace headway::config {

template <typename T>
using Result = std::expected<T, ConfigError>;

/// One element that has been opened; its attributes leave as they are taken.
struct Element {
  std::string name;
  std::uint32_t line = 0;
  std::vector<XmlAttribute> attributes;

  [[nodiscard]] std::optional<std::string> take(std::string_view attribute);
};

/// Walks one configuration file element by element and knows what is true of all of them: where
/// text may stand, that content is not empty, that nothing is ignored (CONF-003 .. CONF-005).
/// Every element that next_child() gives must be left again by reading its children to the end, by
/// text_of() or by close().
class Cursor {
 public:
  /// `document` must outlive the cursor.
  Cursor(std::string_view document, std::string file) : reader_(document), file_(std::move(file)) {}

  [[nodiscard]] std::unexpected<ConfigError> error(std::uint32_t line, std::string text) const {
    return std::unexpected(ConfigError{file_, line, std::move(text)});
  }

  /// The document's element, which must be <`name`>.
  [[nodiscard]] Result<Element> root(std::string_view name);

  /// The next element in `parent`, or nothing at its end.
  [[nodiscard]] Result<std::optional<Element>> next_child(const Element& parent);

  /// The whole content of an element that holds text: as written, never empty.
  [[nodiscard]] Result<std::string> text_of(const Element& element);

  /// An element that holds nothing.
  [[nodiscard]] Result<void> close(const Element& element);

  /// After the root's end: nothing but comments follows.
  [[nodiscard]] Result<void> end();

  /// All attributes have been taken. `known` says which there may be, in words.
  [[nodiscard]] Result<void> no_more_attributes(const Element& element,
                                                std::string_view known = "no attributes") const;

 private:
  Result<std::optional<XmlEvent>> next();

  XmlReader reader_;
  std::string file_;
};

}  // namespace headway::config
