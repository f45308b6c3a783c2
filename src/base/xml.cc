// SPDX-License-Identifier: MIT
#include "base/xml.h"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "base/assert.h"

namespace headway {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

std::uint32_t line_of(std::string_view document, std::size_t at) {
  const auto end = document.begin() + static_cast<std::ptrdiff_t>(at);
  return 1 + static_cast<std::uint32_t>(std::count(document.begin(), end, '\n'));
}

/// The name of the first entity in a start tag that is neither predefined nor a number. Inside a
/// tag, '&' can begin nothing but a reference.
std::optional<std::string_view> unknown_entity(std::string_view tag) {
  static constexpr std::array<std::string_view, 5> predefined = {"amp", "lt", "gt", "apos", "quot"};

  for (auto at = tag.find('&'); at != tag.npos; at = tag.find('&', at + 1)) {
    const auto name = tag.substr(at + 1, tag.find(';', at) - at - 1);
    if (name.starts_with('#')) continue;
    if (std::ranges::find(predefined, name) == predefined.end()) return name;
  }
  return {};
}

}  // namespace

struct XmlReader::State {
  explicit State(const char* encoding) : parser(XML_ParserCreate(encoding)) {}

  std::string_view document;
  Parser parser;
  bool started = false;
  bool over = false;  // the parser has nothing more to say
  std::deque<XmlEvent> events;
  std::optional<XmlEvent> text;  // a run that may go on
  std::optional<XmlError> error;

  std::uint32_t line() const {
    return static_cast<std::uint32_t>(XML_GetCurrentLineNumber(parser.get()));
  }

  void refuse(std::string why) {
    if (!error) error = XmlError{line(), std::move(why)};
    XML_StopParser(parser.get(), XML_FALSE);
  }

  /// Queues a tag behind the text before it and lets next() have them.
  void push(XmlEvent event) {
    const bool stopped = !events.empty();  // <a/> ends after it has stopped the parser
    if (text) events.push_back(*std::exchange(text, {}));
    events.push_back(std::move(event));
    if (!stopped) XML_StopParser(parser.get(), XML_TRUE);
  }

  void set_handlers();
  void advance();
};

void XmlReader::State::set_handlers() {
  XML_SetUserData(parser.get(), this);
  XML_SetParamEntityParsing(parser.get(), XML_PARAM_ENTITY_PARSING_NEVER);

  XML_SetStartElementHandler(
      parser.get(), +[](void* self, const XML_Char* name, const XML_Char** attributes) {
        auto& state = *static_cast<State*>(self);
        if (state.error) return;
        const auto at = static_cast<std::size_t>(XML_GetCurrentByteIndex(state.parser.get()));
        const auto size = static_cast<std::size_t>(XML_GetCurrentByteCount(state.parser.get()));
        // Next to an external document type the library drops unknown entities in attributes.
        if (const auto entity = unknown_entity(state.document.substr(at, size))) {
          return state.refuse(fmt::format("undefined entity \"{}\"", *entity));
        }
        XmlEvent event{.kind = XmlEvent::Kind::start, .line = state.line(), .name = name};
        for (; *attributes != nullptr; attributes += 2) {
          event.attributes.push_back({attributes[0], attributes[1]});
        }
        state.push(std::move(event));
      });
  XML_SetEndElementHandler(
      parser.get(), +[](void* self, const XML_Char* name) {
        auto& state = *static_cast<State*>(self);
        if (state.error) return;
        state.push({.kind = XmlEvent::Kind::end, .line = state.line(), .name = name});
      });
  XML_SetCharacterDataHandler(
      parser.get(), +[](void* self, const XML_Char* chars, int size) {
        auto& state = *static_cast<State*>(self);
        if (!state.text) state.text = XmlEvent{.line = state.line()};
        state.text->text.append(chars, static_cast<std::size_t>(size));
      });
  XML_SetStartDoctypeDeclHandler(
      parser.get(), +[](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int subset) {
        if (subset == 0) return;
        static_cast<State*>(self)->refuse("declarations inside the document type are not allowed");
      });
  XML_SetSkippedEntityHandler(
      parser.get(), +[](void* self, const XML_Char* name, int) {
        static_cast<State*>(self)->refuse(fmt::format("undefined entity \"{}\"", name));
      });
}

/// Parses until there is an event, an error, or nothing more.
void XmlReader::State::advance() {
  const auto status =
      std::exchange(started, true)
          ? XML_ResumeParser(parser.get())
          : XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
  if (status == XML_STATUS_SUSPENDED) return;

  over = true;
  if (status == XML_STATUS_OK || error) return;
  error = XmlError{line(), XML_ErrorString(XML_GetErrorCode(parser.get()))};
}

XmlReader::XmlReader(std::string_view document, XmlEncoding encoding)
    : state_(std::make_unique<State>(encoding == XmlEncoding::utf8 ? "UTF-8" : nullptr)) {
  HEADWAY_ASSERT(state_->parser);
  state_->document = document;
  if (document.size() > document_bytes_max) {
    state_->error = XmlError{1, fmt::format("larger than {} bytes", document_bytes_max)};
  } else if (const auto nul = document.find('\0'); nul != document.npos) {
    // Also keeps out UTF-16, where a tag's bytes could not be looked at as ASCII.
    state_->error = XmlError{line_of(document, nul), "a zero byte is not XML text"};
  }
  state_->over = state_->error.has_value();
  state_->set_handlers();
}

XmlReader::~XmlReader() = default;

std::expected<std::optional<XmlEvent>, XmlError> XmlReader::next() {
  while (state_->events.empty()) {
    if (!state_->over) {
      state_->advance();
    } else if (state_->error) {
      return std::unexpected(*state_->error);
    } else {
      return std::nullopt;
    }
  }
  XmlEvent event = std::move(state_->events.front());
  state_->events.pop_front();
  return event;
}

}  // namespace headway
