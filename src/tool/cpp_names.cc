// SPDX-License-Identifier: MIT
#include "tool/cpp_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace headway::tool {
namespace {

/// Keywords, macros of usual headers and compilers, and what generated code itself says.
constexpr std::array<std::string_view, 117> reserved{
    "Bind",
    "EOF",
    "FALSE",
    "NULL",
    "Role",
    "Self",
    "TRUE",
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "assert",
    "atomic_cancel",
    "atomic_commit",
    "atomic_noexcept",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "headway",
    "i386",
    "if",
    "inline",
    "int",
    "linux",
    "long",
    "major",
    "makedev",
    "minor",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "reflexpr",
    "register",
    "reinterpret_cast",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "std",
    "stderr",
    "stdin",
    "stdout",
    "struct",
    "switch",
    "synchronized",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unix",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

/// Whether a capital does: the first of several, and the last before small letters, as in "PIDOf",
/// unless they are two, as in "DBus", "USec" and "IPv4", or a plural, as in "UIDs".
bool begins_word(std::string_view name, std::size_t at) {
  const auto is_capital = [&](std::size_t i) { return i < name.size() && is_upper(name[i]); };
  const auto is_small = [&](std::size_t i) { return i < name.size() && is_lower(name[i]); };
  if (at == 0 || !is_capital(at - 1)) return true;
  if (at == 1 || !is_capital(at - 2)) return false;
  const bool is_plural = at + 1 < name.size() && name[at + 1] == 's' && !is_small(at + 2);
  return is_small(at + 1) && !is_plural;
}

std::string guarded(std::string name, char first) {
  if (name.empty()) name = first == 'v' ? "value" : "Value";
  if (is_digit(name.front())) name.insert(name.begin(), first);
  if (std::ranges::find(reserved, name) != reserved.end()) name += '_';
  return name;
}

}  // namespace

std::string snake_name(std::string_view name) {
  std::string result;
  bool is_new_word = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      is_new_word = !result.empty();
      continue;
    }
    if (is_upper(c) && begins_word(name, i)) is_new_word = !result.empty();
    if (std::exchange(is_new_word, false)) result += '_';
    result += lower(c);
  }
  return guarded(std::move(result), 'v');
}

std::string pascal_name(std::string_view name) {
  std::string result;
  bool is_new_word = true;
  for (const char c : name) {
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      is_new_word = true;
      continue;
    }
    result += std::exchange(is_new_word, false) ? upper(c) : c;
  }
  return guarded(std::move(result), 'V');
}

std::string called_by_library(std::string_view identifier) {
  std::string result;
  bool is_new_word = true;
  for (const char c : identifier) {
    if (c == '_') {
      is_new_word = true;
    } else {
      result += std::exchange(is_new_word, false) ? upper(c) : c;
    }
  }
  return result;
}

std::string singular(std::string_view name) {
  if (name.size() < 3 || !name.ends_with('s') || name.ends_with("ss") || name.ends_with("us")) {
    return std::string(name);
  }
  if (name.ends_with("ies")) return std::string(name.substr(0, name.size() - 3)) + "y";
  for (const std::string_view ending : {"sses", "xes", "ches", "shes"}) {
    if (name.ends_with(ending)) return std::string(name.substr(0, name.size() - 2));
  }
  return std::string(name.substr(0, name.size() - 1));
}

std::string NameScope::take(std::string wanted, std::string_view suffix) {
  std::string name = wanted;
  if (taken_.contains(name)) name = wanted += suffix;
  for (int i = 2; taken_.contains(name); ++i) name = fmt::format("{}{}", wanted, i);
  taken_.insert(name);
  return name;
}

std::string cpp_literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (c == '\n') {
      result += "\\n";
    } else if (c >= 0 && c < ' ') {
      result += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace headway::tool
