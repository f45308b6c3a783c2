// SPDX-License-Identifier: MIT
#include "tool/cpp_types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "wire/signature.h"

namespace headway::tool {
namespace {

std::string_view spell_basic(char type) {
  switch (type) {
    case 'y':
      return "std::uint8_t";
    case 'b':
      return "bool";
    case 'n':
      return "std::int16_t";
    case 'q':
      return "std::uint16_t";
    case 'i':
      return "std::int32_t";
    case 'u':
      return "std::uint32_t";
    case 'x':
      return "std::int64_t";
    case 't':
      return "std::uint64_t";
    case 'd':
      return "double";
    case 'o':
      return "headway::object_path";
    case 'g':
      return "headway::signature";
    case 'h':
      return "headway::unique_fd";
    case 'v':
      return "headway::variant";
    default:
      return "std::string";
  }
}

/// "QList<ns::Unit>", "UnitList", "Unit": "Unit".
std::string_view name_in_qt_type(std::string_view type) {
  type = type.substr(type.rfind('<') + 1);
  type = type.substr(0, type.find_first_of(">,*& "));
  const auto colons = type.rfind(':');
  if (colons != type.npos) type.remove_prefix(colons + 1);
  for (const std::string_view ending : {"List", "Map"}) {
    if (type.size() > ending.size() && type.ends_with(ending)) {
      type.remove_suffix(ending.size());
      break;
    }
  }
  // Qt's own containers name nothing.
  return type.starts_with('Q') && type.size() > 1 && type[1] >= 'A' && type[1] <= 'Z'
             ? std::string_view()
             : type;
}

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (auto begin = text.find_first_not_of(' '); begin != text.npos;) {
    const auto end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(' ', end);
  }
  return words;
}

}  // namespace

StructNames StructNames::of(const introspection::described& what, std::string_view context,
                            std::string_view qt_type) {
  StructNames result{.name = {}, .context = pascal_name(context)};
  const auto words = words_in(introspection::find(what.annotations, "org.headway.Struct"));
  if (!words.empty()) {
    result.name = pascal_name(words.front());
    for (const std::string_view word : std::span(words).subspan(1))
      result.fields.emplace_back(word);
    return result;
  }
  for (const std::string_view key :
       {"org.qtproject.QtDBus.QtTypeName", "com.trolltech.QtDBus.QtTypeName"}) {
    if (qt_type.empty()) qt_type = introspection::find(what.annotations, key);
  }
  const std::string_view of_qt = name_in_qt_type(qt_type);
  if (!of_qt.empty()) {
    result.name = pascal_name(of_qt);
  } else if (!what.name.empty()) {
    result.name = pascal_name(singular(what.name));
  } else {
    result.name = result.context + "Value";
  }
  return result;
}

std::string CppTypes::spell(std::string_view type, const StructNames& names) {
  if (type == "a{sv}") return "std::map<std::string, headway::variant>";
  if (type.starts_with("a{")) {
    const std::string key = spell(type.substr(2, 1), names);
    return fmt::format("std::map<{}, {}>", key, spell(type.substr(3, type.size() - 4), names));
  }
  if (type.starts_with('a')) return fmt::format("std::vector<{}>", spell(type.substr(1), names));
  if (type.starts_with('(')) return spell_struct(type.substr(1, type.size() - 2), names);
  return std::string(spell_basic(type.front()));
}

std::string CppTypes::spell_struct(std::string_view members, const StructNames& names) {
  std::vector<CppStruct::Field> fields;
  NameScope scope;
  for (std::size_t i = 0; !members.empty(); ++i) {
    const std::string_view type = members.substr(0, wire::complete_type_length(members));
    members.remove_prefix(type.size());
    const std::string name = scope.take(
        snake_name(i < names.fields.size() ? names.fields[i] : fmt::format("field{}", i + 1)));
    const StructNames inner{.name = names.name + pascal_name(name), .context = names.context};
    fields.push_back({.type = spell(type, inner), .name = name});
  }
  if (fields.size() > fields_max) {
    std::vector<std::string> types;
    for (CppStruct::Field& field : fields) types.push_back(std::move(field.type));
    return fmt::format("std::tuple<{}>", fmt::join(types, ", "));
  }
  return define(names, std::move(fields));
}

std::string CppTypes::add(const std::string& name, std::vector<CppStruct::Field> fields) {
  return define({.name = name, .context = name}, std::move(fields));
}

std::string CppTypes::define(const StructNames& names, std::vector<CppStruct::Field> fields) {
  const bool has_own_context = names.context != names.name;
  const std::string longer = has_own_context ? names.context + names.name : names.name + "Data";
  const auto qualified = [&](std::string_view name) {
    return fmt::format("{}::{}", name_space_, name);
  };
  for (const std::string_view name : {std::string_view(names.name), std::string_view(longer)}) {
    const auto same = std::ranges::find(structs_, name, &CppStruct::name);
    if (same != structs_.end() && same->fields == fields) return qualified(name);
  }
  const std::string name = names_.take(names_.is_free(names.name) ? names.name : longer);
  structs_.push_back({.name = name, .fields = std::move(fields)});
  return qualified(name);
}

std::string_view initializer_of(std::string_view cpp_type) {
  if (cpp_type == "bool") return " = false";
  return cpp_type == "double" || cpp_type.ends_with("_t") ? " = 0" : "";
}

}  // namespace headway::tool
