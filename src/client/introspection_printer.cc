// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <iterator>

#include "headway/introspection.h"

namespace headway::introspection {
namespace {

constexpr std::string_view head =
    R"(<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
)";

class Printer {
 public:
  void print(const node& what) {
    open("node", what);
    for (const auto& one : what.interfaces) print(one);
    for (const node& child : what.children) print(child);
    close("node", what.interfaces.empty() && what.children.empty());
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  void print(const introspection::interface& what) {
    open("interface", what);
    for (const method& one : what.methods) {
      open("method", one);
      for (const argument& in : one.in) print(in, "in");
      for (const argument& out : one.out) print(out, "out");
      close("method", one.in.empty() && one.out.empty());
    }
    for (const property& one : what.properties) print(one);
    for (const signal& one : what.signals) {
      open("signal", one);
      for (const argument& each : one.arguments) print(each, {});
      close("signal", one.arguments.empty());
    }
    close("interface", false);
  }
  void print(const argument& what, std::string_view direction) {
    begin("arg", what);
    attribute("type", what.type);
    if (!direction.empty()) attribute("direction", direction);
    end("arg", what);
  }
  void print(const property& what) {
    begin("property", what);
    attribute("type", what.type);
    attribute("access", !what.can_be_set ? "read" : what.can_be_read ? "readwrite" : "write");
    end("property", what);
  }

  // An element without contents is written <so/>: its start tag stays open until something comes.
  void open(std::string_view tag, const described& what) {
    begin(tag, what);
    tag_is_open_ = true;
    ++depth_;
    describe(what);
  }
  void close(std::string_view tag, bool is_empty) {
    --depth_;
    if (is_empty && tag_is_open_) {
      text_ += "/>\n";
      tag_is_open_ = false;
      return;
    }
    finish_tag();
    indent();
    fmt::format_to(std::back_inserter(text_), "</{}>\n", tag);
  }
  void begin(std::string_view tag, const described& what) {
    finish_tag();
    indent();
    fmt::format_to(std::back_inserter(text_), "<{}", tag);
    if (!what.name.empty()) attribute("name", what.name);
  }
  void end(std::string_view tag, const described& what) {
    tag_is_open_ = true;
    ++depth_;
    describe(what);
    close(tag, true);
  }
  void describe(const described& what) {
    for (const annotation& each : what.annotations) print(each.name, each.value);
    if (!what.doc.empty()) print("org.gtk.GDBus.DocString", what.doc);
  }
  void print(std::string_view name, std::string_view value) {
    finish_tag();
    indent();
    text_ += "<annotation";
    attribute("name", name);
    attribute("value", value);
    text_ += "/>\n";
  }
  void finish_tag() {
    if (std::exchange(tag_is_open_, false)) text_ += ">\n";
  }
  void indent() { text_.append(2 * depth_, ' '); }
  void attribute(std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text_), " {}=\"", name);
    for (const char c : value) {
      switch (c) {
        case '&':
          text_ += "&amp;";
          break;
        case '<':
          text_ += "&lt;";
          break;
        case '>':
          text_ += "&gt;";
          break;
        case '"':
          text_ += "&quot;";
          break;
        // Readers make spaces of these unless they are numbers.
        case '\n':
          text_ += "&#10;";
          break;
        case '\r':
          text_ += "&#13;";
          break;
        case '\t':
          text_ += "&#9;";
          break;
        default:
          text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_{head};
  std::size_t depth_ = 0;
  bool tag_is_open_ = false;
};

}  // namespace

std::string to_xml(const node& what) {
  Printer printer;
  printer.print(what);
  return std::move(printer).take();
}

}  // namespace headway::introspection
