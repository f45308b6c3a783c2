// SPDX-License-Identifier: MIT
#include "config/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/result.h"

namespace headway::config {
namespace {

using Kind = XmlEvent::Kind;

/// The line of the first character that is not blank, if there is one.
std::optional<std::uint32_t> visible_line(const XmlEvent& event) {
  const auto at = event.text.find_first_not_of(" \t\r\n");
  if (at == event.text.npos) return {};
  const auto end = event.text.begin() + static_cast<std::ptrdiff_t>(at);
  return event.line + static_cast<std::uint32_t>(std::count(event.text.begin(), end, '\n'));
}

}  // namespace

std::optional<std::string> Element::take(std::string_view attribute) {
  const auto found = std::ranges::find(attributes, attribute, &XmlAttribute::name);
  if (found == attributes.end()) return {};
  std::string value = std::move(found->value);
  attributes.erase(found);
  return value;
}

Result<std::optional<XmlEvent>> Cursor::next() {
  auto event = reader_.next();
  if (!event) return error(event.error().line, fmt::format("XML: {}", event.error().text));
  return std::move(*event);
}

Result<Element> Cursor::root(std::string_view name) {
  auto event = TRY(next());
  HEADWAY_ASSERT(event && event->kind == Kind::start);  // well-formed XML has a root
  if (event->name != name) {
    return error(event->line,
                 fmt::format("the document is a <{}>, expected <{}>", event->name, name));
  }
  return Element{std::move(event->name), event->line, std::move(event->attributes)};
}

Result<std::optional<Element>> Cursor::next_child(const Element& parent) {
  for (;;) {
    auto event = TRY(next());
    HEADWAY_ASSERT(event);  // an element that was opened is closed in well-formed XML
    switch (event->kind) {
      case Kind::start:
        return Element{std::move(event->name), event->line, std::move(event->attributes)};
      case Kind::end:
        return std::nullopt;
      case Kind::text:
        if (const auto line = visible_line(*event)) {
          return error(*line, fmt::format("<{}> may not contain text", parent.name));
        }
        break;
    }
  }
}

Result<std::string> Cursor::text_of(const Element& element) {
  std::string text;
  for (;;) {
    auto event = TRY(next());
    HEADWAY_ASSERT(event);
    switch (event->kind) {
      case Kind::start:
        return error(event->line, fmt::format("<{}> inside <{}>, which may only contain text",
                                              event->name, element.name));
      case Kind::end:
        if (text.empty()) {
          return error(element.line, fmt::format("<{}> is empty; it needs a value", element.name));
        }
        return text;
      case Kind::text:
        text = std::move(event->text);
        break;
    }
  }
}

Result<void> Cursor::close(const Element& element) {
  const auto child = TRY(next_child(element));
  if (!child) return {};
  return error(child->line,
               fmt::format("<{}> inside <{}>, which must be empty", child->name, element.name));
}

Result<void> Cursor::end() {
  const auto event = TRY(next());
  HEADWAY_ASSERT(!event);  // well-formed XML has one root
  return {};
}

Result<void> Cursor::no_more_attributes(const Element& element, std::string_view known) const {
  if (element.attributes.empty()) return {};
  return error(element.line, fmt::format("unknown attribute {}=\"{}\" of <{}>, which takes {}",
                                         element.attributes.front().name,
                                         element.attributes.front().value, element.name, known));
}

}  // namespace headway::config
