// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headway {

struct XmlAttribute {
  std::string name;
  std::string value;
  bool operator==(const XmlAttribute&) const = default;
};

/// One start tag, end tag or run of text. `<a/>` is a start and an end. Comments and processing
/// instructions are not reported; text on both sides of one, or of a CDATA section, is one run.
struct XmlEvent {
  enum class Kind : std::uint8_t { start, end, text };

  Kind kind = Kind::text;
  std::uint32_t line = 0;                  // where it begins, from 1
  std::string name{};                      // of the element; empty for text
  std::vector<XmlAttribute> attributes{};  // of a start tag, in the order written, names distinct
  std::string text{};
  bool operator==(const XmlEvent&) const = default;
};

struct XmlError {
  std::uint32_t line = 0;
  std::string text;  // what is wrong with the document, in lower case and without a full stop
  bool operator==(const XmlError&) const = default;
};

/// What the bytes of a document mean: what its declaration says, or UTF-8 whatever that says, as it
/// was written before the document travelled as UTF-8 text.
enum class XmlEncoding : bool { declared, utf8 };

/// Reads one XML document as a sequence of events: the only user of the XML library (CONF-002).
///
/// Total: any bytes give events and then an end or an error. A document type with an external
/// identifier is normal and never fetched; one with an internal subset is refused, so nothing can
/// be declared and nothing expanded: what comes out is never larger than what came in. Entities are
/// the five predefined ones and numbers; any other is an error, also where the library would drop
/// it silently. Reads UTF-8 and other encodings that contain ASCII; gives UTF-8.
///
/// Cost: linear in the document. Events come one at a time, so memory is the document's size.
class XmlReader {
 public:
  static constexpr std::size_t document_bytes_max = 16 * 1024 * 1024;

  explicit XmlReader(std::string_view document, XmlEncoding encoding = XmlEncoding::declared);
  ~XmlReader();

  /// The next event; nothing at the end of a well-formed document. Every event of a document that
  /// turns out to be malformed later has been handed out by then. Stays at an end or an error.
  [[nodiscard]] std::expected<std::optional<XmlEvent>, XmlError> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headway
