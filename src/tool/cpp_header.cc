// SPDX-License-Identifier: MIT
#include "tool/cpp_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tool/cpp_interface.h"
#include "tool/cpp_names.h"

namespace headway::tool {
namespace {

/// "org.freedesktop.DBus.Properties": "org::freedesktop::dbus" and "Properties".
std::string namespace_of(std::string_view interface) {
  std::string result;
  std::string_view rest = interface.substr(0, interface.rfind('.'));
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    std::string word;
    for (const char c : one) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!result.empty()) result += "::";
    result += snake_name(word);
  }
  return result;
}

/// The interfaces of one namespace.
struct Part {
  std::string name;
  std::vector<const introspection::interface*> interfaces{};
};

std::string text_of(const Part& part) {
  NameScope names;
  std::string text = fmt::format("\nnamespace {} {{\n", part.name);
  for (const auto* one : part.interfaces) {
    const std::string_view last = std::string_view(one->name).substr(one->name.rfind('.') + 1);
    text += "\n" + cpp_interface(*one, names.take(pascal_name(last)));
  }
  return text + fmt::format("\n}}  // namespace {}\n", part.name);
}

}  // namespace

std::expected<std::string, std::string> cpp_header(
    std::span<const introspection::interface> interfaces, const HeaderOptions& options) {
  std::vector<Part> parts;
  for (const auto& one : interfaces) {
    const std::string name =
        options.name_space.empty() ? namespace_of(one.name) : options.name_space;
    auto part = std::ranges::find(parts, name, &Part::name);
    if (part == parts.end()) part = parts.insert(part, Part{.name = name});
    part->interfaces.push_back(&one);
  }
  std::string text =
      cpp_comment(fmt::format("Made by headway gen from {}: make it anew instead of changing it.",
                              options.source),
                  "// ");
  text +=
      "// clang-format off\n"
      "#pragma once\n\n"
      "#include <headway/headway.h>\n\n"
      "#include <cstdint>\n"
      "#include <map>\n"
      "#include <string>\n"
      "#include <string_view>\n"
      "#include <tuple>\n"
      "#include <vector>\n";
  try {
    for (const Part& part : parts) text += text_of(part);
  } catch (const error& e) {
    return std::unexpected(e.text());
  }
  return text;
}

}  // namespace headway::tool
