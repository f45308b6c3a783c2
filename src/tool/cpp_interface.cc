// SPDX-License-Identifier: MIT
#include "tool/cpp_interface.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "headway/interface.h"
#include "tool/cpp_names.h"
#include "tool/cpp_types.h"

namespace headway::tool {
namespace {

constexpr std::size_t columns = 100;
/// What a template has beside its members.
constexpr std::array<std::string_view, 5> own_words{"annotations", "bind", "each_member", "name",
                                                    "self"};
constexpr std::string_view member_mark = "  /// ";

/// A member of the template, and what its line in each_member() says.
struct Member {
  std::string comment;
  std::string declaration;
  std::string identifier;
  std::string name;
  std::string arguments{};
  std::string results{};
  std::string annotations{};

  [[nodiscard]] bool needs_words() const {
    return called_by_library(identifier) != name || !arguments.empty() || !results.empty() ||
           !annotations.empty();
  }
};

[[noreturn]] void refuse(std::string_view interface, std::string_view member,
                         std::string_view why) {
  throw error(error_name::not_supported, fmt::format("{}.{}: {}", interface, member, why));
}

/// `items` behind `head`, in one line if they fit, or below each other.
std::string wrapped(std::string head, const std::vector<std::string>& items,
                    std::string_view tail) {
  std::string line = fmt::format("{}{}{}", head, fmt::join(items, ", "), tail);
  if (line.size() <= columns || items.empty()) return line;
  const std::size_t indent = head.find_first_not_of(' ') + 4;
  std::string text = std::move(head);
  std::size_t column = columns;  // so that the first begins a line
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string_view behind = i + 1 < items.size() ? "," : tail;
    if (column + 1 + items[i].size() + behind.size() > columns) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
    } else {
      text += ' ';
      ++column;
    }
    text += items[i];
    text += behind;
    column += items[i].size() + behind.size();
  }
  return text;
}

/// Names as member_words has them, which are parted by commas.
std::string names_of(std::span<const introspection::argument> arguments) {
  std::string text;
  std::size_t used = 0;
  for (const auto& argument : arguments) {
    std::string name = argument.name;
    std::ranges::replace(name, ',', ' ');
    text += name;
    if (!name.empty()) used = text.size();
    text += ',';
  }
  text.resize(used);
  return text;
}

class InterfaceWriter {
 public:
  InterfaceWriter(const introspection::interface& what, std::string_view name)
      : what_(what), name_(name), types_(snake_name(name) + "_types") {
    for (const auto& method : what.methods) add(method);
    for (const auto& property : what.properties) add(property);
    for (const auto& signal : what.signals) add(signal);
  }

  [[nodiscard]] std::string text() {
    std::string text;
    if (!types_.structs().empty()) {
      text += fmt::format("namespace {} {{\n\n", types_.name_space());
      for (const CppStruct& one : types_.structs()) text += text_of(one);
      text += fmt::format("}}  // namespace {}\n\n", types_.name_space());
    }
    text += cpp_comment(what_.name);
    if (!what_.doc.empty()) text += "///\n" + cpp_comment(what_.doc);
    if (what_.is_deprecated()) text += cpp_comment("Deprecated.");
    text += fmt::format("template <class Role>\nstruct {} {{\n", name_);
    text +=
        fmt::format("  static constexpr std::string_view name = {};\n", cpp_literal(what_.name));
    if (!what_.annotations.empty()) {
      text += fmt::format("  static constexpr std::string_view annotations =\n      {};\n",
                          annotations_of(what_));
    }
    if (!members_.empty()) text += '\n';
    for (const Member& member : members_) text += member.comment + member.declaration;
    if (std::ranges::any_of(members_, &Member::needs_words) ||
        members_.size() > CppTypes::fields_max) {
      text += each_member();
    }
    return text + "};\n";
  }

 private:
  static std::string text_of(const CppStruct& one) {
    std::string text = fmt::format("struct {} {{\n", one.name);
    for (const CppStruct::Field& field : one.fields) {
      text += fmt::format("  {} {}{};\n", field.type, field.name, initializer_of(field.type));
    }
    return text + "};\n\n";
  }

  [[nodiscard]] std::string each_member() const {
    std::string text =
        "\n  template <class Self, class Bind>\n"
        "  static void each_member(Self& self, Bind bind) {\n";
    for (const Member& member : members_) {
      std::vector<std::string> items{fmt::format(".name = {}", cpp_literal(member.name))};
      if (!member.arguments.empty()) {
        items.push_back(fmt::format(".arguments = {}", cpp_literal(member.arguments)));
      }
      if (!member.results.empty()) {
        items.push_back(fmt::format(".results = {}", cpp_literal(member.results)));
      }
      if (!member.annotations.empty()) {
        items.push_back(fmt::format(".annotations = {}", member.annotations));
      }
      text += wrapped(fmt::format("    bind(self.{}, {{", member.identifier), items, "});") + "\n";
    }
    return text + "  }\n";
  }

  /// As an expression.
  static std::string annotations_of(const introspection::described& what) {
    std::string text;
    for (const auto& [name, value] : what.annotations) {
      std::string one = value;
      std::ranges::replace(one, '\n', ' ');
      if (!text.empty()) text += '\n';
      text += fmt::format("{}={}", name, one);
    }
    constexpr std::array known{
        std::pair(emits_invalidation, "headway::emits_invalidation"),
        std::pair(emits_nothing, "headway::emits_nothing"),
        std::pair(never_changes, "headway::never_changes"),
        std::pair(deprecated, "headway::deprecated"),
    };
    const auto same = std::ranges::find(known, text, [](const auto& one) { return one.first; });
    if (same != known.end()) return same->second;
    return text.empty() ? "" : cpp_literal(text);
  }

  [[nodiscard]] Member begin(const introspection::described& member, std::string_view kind) {
    Member result;
    result.name = member.name;
    result.identifier = snake_name(member.name);
    if (std::ranges::find(own_words, result.identifier) != own_words.end()) {
      result.identifier += '_';
    }
    result.identifier = names_.take(std::move(result.identifier), kind);
    result.annotations = annotations_of(member);
    if (!member.doc.empty()) result.comment = cpp_comment(member.doc, member_mark);
    if (member.is_deprecated()) result.comment += cpp_comment("Deprecated.", member_mark);
    return result;
  }
  [[nodiscard]] std::string spell(const introspection::described& member, std::string_view type,
                                  const StructNames& names) {
    if (type.find("{h") != type.npos) {
      refuse(what_.name, member.name, "descriptors cannot be the keys of a dictionary");
    }
    return types_.spell(type, names);
  }
  static std::string_view qt_type(const introspection::described& member,
                                  std::string_view direction, std::size_t index) {
    for (const std::string_view from : {"org.qtproject", "com.trolltech"}) {
      const auto found = introspection::find(
          member.annotations, fmt::format("{}.QtDBus.QtTypeName.{}{}", from, direction, index));
      if (!found.empty()) return found;
    }
    return {};
  }
  std::vector<CppStruct::Field> fields_of(const introspection::described& member,
                                          std::span<const introspection::argument> arguments,
                                          std::string_view direction) {
    if (arguments.size() > CppTypes::fields_max) {
      refuse(what_.name, member.name,
             fmt::format("{} values at once are too many", arguments.size()));
    }
    std::vector<CppStruct::Field> fields;
    NameScope scope;
    for (const auto& argument : arguments) {
      const auto names =
          StructNames::of(argument, member.name, qt_type(member, direction, fields.size()));
      fields.push_back({.type = spell(member, argument.type, names),
                        .name = scope.take(snake_name(argument.name))});
    }
    return fields;
  }
  /// Empty if they are what the fields are called.
  static std::string names_unless(std::span<const introspection::argument> arguments,
                                  std::span<const CppStruct::Field> fields) {
    return std::ranges::equal(arguments, fields, {}, &introspection::argument::name,
                              &CppStruct::Field::name)
               ? std::string()
               : names_of(arguments);
  }

  void add(const introspection::method& method) {
    Member member = begin(method, "_method");
    const auto in = fields_of(method, method.in, "In");
    const auto out = fields_of(method, method.out, "Out");
    std::string result = "void";
    if (out.size() == 1) {
      result = out.front().type;
      member.results = names_of(method.out);
    } else if (out.size() > 1) {
      result =
          fmt::format("headway::several<{}>", types_.add(pascal_name(method.name) + "Result", out));
      member.results = names_unless(method.out, out);
    }
    std::vector<std::string> arguments;
    for (std::size_t i = 0; i < in.size(); ++i) {
      // Without a name in the document, there is none here.
      arguments.push_back(method.in[i].name.empty() ? in[i].type
                                                    : fmt::format("{} {}", in[i].type, in[i].name));
    }
    member.arguments = names_of(method.in);
    if (introspection::find(method.annotations, "org.freedesktop.DBus.Method.NoReply") == "true") {
      member.comment += cpp_comment("Sends no reply: end the call with no_reply().", member_mark);
    }
    member.declaration = wrapped(fmt::format("  headway::method<Role, {}(", result), arguments,
                                 fmt::format(")> {};\n", member.identifier));
    members_.push_back(std::move(member));
  }
  void add(const introspection::property& property) {
    Member member = begin(property, "_property");
    const std::string type =
        spell(property, property.type, StructNames::of(property, property.name));
    const std::string_view access = !property.can_be_set   ? ""
                                    : property.can_be_read ? ", headway::access::read_write"
                                                           : ", headway::access::write";
    member.declaration =
        fmt::format("  headway::property<Role, {}{}> {};\n", type, access, member.identifier);
    members_.push_back(std::move(member));
  }
  void add(const introspection::signal& signal) {
    Member member = begin(signal, "_signal");
    const auto fields = fields_of(signal, signal.arguments, "Out");
    std::string type = "void";
    if (fields.size() == 1 && !signal.arguments.front().type.starts_with('(')) {
      type = fields.front().type;
      member.arguments = names_of(signal.arguments);
    } else if (!fields.empty()) {
      // A struct of its arguments: one that is a struct itself lies in it.
      type = types_.add(pascal_name(signal.name), fields);
      member.arguments = names_unless(signal.arguments, fields);
    }
    member.declaration = fmt::format("  headway::signal<Role, {}> {};\n", type, member.identifier);
    members_.push_back(std::move(member));
  }

  const introspection::interface& what_;
  std::string_view name_;
  CppTypes types_;
  NameScope names_;
  std::vector<Member> members_;
};

}  // namespace

std::string cpp_interface(const introspection::interface& what, std::string_view name) {
  return InterfaceWriter(what, name).text();
}

std::string cpp_comment(std::string_view text, std::string_view mark) {
  const std::size_t width = columns - mark.size();
  std::string result;
  std::string line;
  const auto end_line = [&] {
    // A backslash at the end would draw the next line into the comment.
    while (line.ends_with('\\')) line.pop_back();
    if (!line.empty()) result += fmt::format("{}{}\n", mark, line);
    line.clear();
  };
  constexpr std::string_view spaces = " \t\r\n\v\f";
  for (auto begin = text.find_first_not_of(spaces); begin != text.npos;) {
    const auto end = std::min(text.find_first_of(spaces, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (!line.empty() && line.size() + 1 + word.size() > width) end_line();
    if (!line.empty()) line += ' ';
    line += word;
    begin = text.find_first_not_of(spaces, end);
  }
  end_line();
  return result;
}

}  // namespace headway::tool
