// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/xml.h"
#include "headway/introspection.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace headway::introspection {
namespace {

constexpr std::string_view doc_annotation = "org.gtk.GDBus.DocString";

/// Reads elements as they come; each function has been given a start tag and reads to its end.
/// Faults are thrown, and end the whole.
class Parser {
 public:
  explicit Parser(std::string_view xml) : reader_(xml, XmlEncoding::utf8) {}

  node document() {
    XmlEvent first = next();
    while (first.kind == XmlEvent::Kind::text) first = next();
    if (first.name != "node") {
      fail(first, fmt::format("the outermost element is <{}>, not <node>", first.name));
    }
    node result = read_node(first, nullptr);
    // The reader refuses whatever could follow but space.
    while (reader_event()) {
    }
    return result;
  }

 private:
  std::optional<XmlEvent> reader_event() {
    auto event = reader_.next();
    if (!event) fail(event.error().line, event.error().text);
    return std::move(*event);
  }
  XmlEvent next() {
    auto event = reader_event();
    if (!event) fail(1, "the document is empty");
    return std::move(*event);
  }
  [[noreturn]] static void fail(std::uint32_t line, std::string_view text) {
    throw error(error_name::invalid_args, fmt::format("introspection, line {}: {}", line, text));
  }
  [[noreturn]] static void fail(const XmlEvent& where, std::string_view text) {
    fail(where.line, text);
  }

  static std::string_view attribute(const XmlEvent& tag, std::string_view name) {
    const auto found = std::ranges::find(tag.attributes, name, &XmlAttribute::name);
    return found == tag.attributes.end() ? std::string_view() : std::string_view(found->value);
  }
  static std::string valid_name(const XmlEvent& tag, bool (*is_valid)(std::string_view)) {
    const std::string_view name = attribute(tag, "name");
    if (!is_valid(name)) {
      fail(tag, fmt::format("\"{}\" is no name for a {}", name.substr(0, 255), tag.name));
    }
    return std::string(name);
  }
  static std::string valid_type(const XmlEvent& tag) {
    const std::string_view type = attribute(tag, "type");
    if (!wire::is_single_complete_type(type)) {
      fail(tag, fmt::format("\"{}\" is not the type of one value", type.substr(0, 255)));
    }
    return std::string(type);
  }

  /// Calls `child(tag)` for each element in this one; what it leaves (false) is passed over, except
  /// for what any element can have: annotations and documentation.
  template <class Child>
  void read_inside(const XmlEvent& tag, described& into, Child child) {
    if (++depth_ > depth_max) fail(tag, fmt::format("elements lie deeper than {}", depth_max));
    for (;;) {
      const XmlEvent event = next();
      if (event.kind == XmlEvent::Kind::end) break;
      if (event.kind == XmlEvent::Kind::text || child(event)) continue;
      if (event.name == "annotation") {
        read_annotation(event, into);
      } else if (event.name == "doc:doc" || event.name == "tp:docstring") {
        into.doc = text_inside();
      } else {
        text_inside();
      }
    }
    --depth_;
  }
  void read_inside(const XmlEvent& tag, described& into) {
    read_inside(tag, into, [](const XmlEvent&) { return false; });
  }
  void read_annotation(const XmlEvent& tag, described& into) {
    annotation read{.name = valid_name(tag, wire::is_interface_name),
                    .value = std::string(attribute(tag, "value"))};
    if (read.name == doc_annotation) {
      into.doc = std::move(read.value);
    } else {
      into.annotations.push_back(std::move(read));
    }
    text_inside();
  }
  /// All text in an element whose elements mean nothing to us, its spaces as between words.
  std::string text_inside() {
    std::string text;
    for (std::size_t depth = 1; depth > 0;) {
      const XmlEvent event = next();
      if (event.kind == XmlEvent::Kind::start) ++depth;
      if (event.kind == XmlEvent::Kind::end) --depth;
      if (event.kind == XmlEvent::Kind::text) append_words(text, event.text);
    }
    return text;
  }
  static void append_words(std::string& to, std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n";
    for (auto begin = text.find_first_not_of(spaces); begin != text.npos;) {
      const auto end = text.find_first_of(spaces, begin);
      if (!to.empty()) to += ' ';
      to += text.substr(begin, end - begin);
      begin = end == text.npos ? end : text.find_first_not_of(spaces, end);
    }
  }

  node read_node(const XmlEvent& tag, const node* above) {
    node result;
    result.name = attribute(tag, "name");
    const bool is_valid = above == nullptr
                              ? result.name.empty() || wire::is_object_path(result.name)
                              : !result.name.empty() && wire::is_object_path("/" + result.name);
    // GDBus and others write the outermost's name, too, as they like; it means nothing.
    if (!is_valid && above == nullptr) result.name.clear();
    if (!is_valid && above != nullptr) {
      fail(tag, fmt::format("\"{}\" is no name for a node", result.name.substr(0, 255)));
    }
    read_inside(tag, result, [&](const XmlEvent& child) {
      if (child.name == "interface") {
        result.interfaces.push_back(read_interface(child));
      } else if (child.name == "node") {
        result.children.push_back(read_node(child, &result));
      } else {
        return false;
      }
      return true;
    });
    return result;
  }
  introspection::interface read_interface(const XmlEvent& tag) {
    introspection::interface result;
    result.name = valid_name(tag, wire::is_interface_name);
    read_inside(tag, result, [&](const XmlEvent& child) {
      if (child.name == "method") {
        result.methods.push_back(read_method(child));
      } else if (child.name == "signal") {
        result.signals.push_back(read_signal(child));
      } else if (child.name == "property") {
        result.properties.push_back(read_property(child));
      } else {
        return false;
      }
      return true;
    });
    return result;
  }
  method read_method(const XmlEvent& tag) {
    method result;
    result.name = valid_name(tag, wire::is_member_name);
    read_inside(tag, result, [&](const XmlEvent& child) {
      if (child.name != "arg") return false;
      const std::string_view direction = attribute(child, "direction");
      if (direction != "out" && direction != "in" && !direction.empty()) {
        fail(child, fmt::format("\"{}\" is neither \"in\" nor \"out\"", direction.substr(0, 255)));
      }
      (direction == "out" ? result.out : result.in).push_back(read_argument(child));
      return true;
    });
    return result;
  }
  signal read_signal(const XmlEvent& tag) {
    signal result;
    result.name = valid_name(tag, wire::is_member_name);
    read_inside(tag, result, [&](const XmlEvent& child) {
      if (child.name != "arg") return false;
      result.arguments.push_back(read_argument(child));
      return true;
    });
    return result;
  }
  argument read_argument(const XmlEvent& tag) {
    argument result;
    result.name = attribute(tag, "name");
    result.type = valid_type(tag);
    read_inside(tag, result);
    return result;
  }
  property read_property(const XmlEvent& tag) {
    property result;
    result.name = valid_name(tag, wire::is_member_name);
    result.type = valid_type(tag);
    const std::string_view access = attribute(tag, "access");
    result.can_be_read = access == "read" || access == "readwrite";
    result.can_be_set = access == "write" || access == "readwrite";
    if (!result.can_be_read && !result.can_be_set) {
      fail(tag, fmt::format("\"{}\" is not \"read\", \"write\" or \"readwrite\"",
                            access.substr(0, 255)));
    }
    read_inside(tag, result);
    return result;
  }

  XmlReader reader_;
  std::size_t depth_ = 0;
};

}  // namespace

result<node> parse(std::string_view xml) {
  if (xml.size() > document_bytes_max) {
    return std::unexpected(
        error(error_name::limits_exceeded,
              fmt::format("an introspection document of {} bytes is larger than {} bytes",
                          xml.size(), document_bytes_max)));
  }
  try {
    return Parser(xml).document();
  } catch (const error& fault) {
    return std::unexpected(fault);
  }
}

}  // namespace headway::introspection
