// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

/// Names, paths, signatures and match rules as arguments. One that is written as a literal is
/// checked by the compiler; a std::string, a view or a pointer is checked when it is used:
///
///     bus.serve<Thermostat1>("/org/example/Thermostat");     // does not compile if it is wrong
///     bus.serve<Thermostat1>(std::string("/rooms/") + room);  // throws invalid_args if it is
namespace headway {

namespace detail {

struct word_rule {
  char separator = 0;  // 0: a single word
  bool hyphen = false;
  bool digit_first = false;  // a word may start with a digit
  std::size_t words_min = 1;
};

constexpr bool is_words(std::string_view text, const word_rule& rule) {
  std::size_t words = 0;
  bool is_first = true;
  for (const char c : text) {
    if (rule.separator != 0 && c == rule.separator) {
      if (is_first) return false;
      is_first = true;
      continue;
    }
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!is_letter && !(c == '-' && rule.hyphen) &&
        !(is_digit && (!is_first || rule.digit_first))) {
      return false;
    }
    if (is_first) ++words;
    is_first = false;
  }
  return !is_first && words >= rule.words_min;
}

inline constexpr std::size_t name_bytes_max = 255;

constexpr bool is_interface_name(std::string_view text) {
  return text.size() <= name_bytes_max && is_words(text, {.separator = '.', .words_min = 2});
}
constexpr bool is_member_name(std::string_view text) {
  return text.size() <= name_bytes_max && is_words(text, {});
}
constexpr bool is_bus_name(std::string_view text) {
  if (text.size() > name_bytes_max) return false;
  const bool is_unique = text.starts_with(':');
  return is_words(text.substr(is_unique ? 1 : 0),
                  {.separator = '.', .hyphen = true, .digit_first = is_unique, .words_min = 2});
}
constexpr bool is_name_namespace(std::string_view text) {
  return text.size() <= name_bytes_max && is_words(text, {.separator = '.', .hyphen = true});
}
constexpr bool is_path(std::string_view text) {
  return text == "/" || (text.starts_with('/') &&
                         is_words(text.substr(1), {.separator = '/', .digit_first = true}));
}
/// A path, some of whose elements are words in braces.
constexpr bool is_path_template(std::string_view text) {
  if (!text.starts_with('/')) return false;
  while (!text.empty()) {
    text.remove_prefix(1);
    std::string_view element = text.substr(0, text.find('/'));
    text.remove_prefix(element.size());
    if (element.starts_with('{') && element.ends_with('}')) {
      element = element.substr(1, element.size() - 2);
    }
    if (!is_words(element, {.digit_first = true})) return false;
  }
  return true;
}

inline constexpr std::size_t signature_bytes_max = 255;
inline constexpr int signature_depth_max = 32;

/// Behind the complete type that starts at `at`; 0 if there is none.
constexpr std::size_t behind_type(std::string_view text, std::size_t at, int arrays, int structs) {
  constexpr std::string_view basic = "ybnqiuxtdsogh";
  if (at >= text.size()) return 0;
  const char code = text[at];
  if (code == 'v' || basic.find(code) != std::string_view::npos) return at + 1;
  if (code == 'a') {
    if (++arrays > signature_depth_max) return 0;
    if (at + 1 >= text.size() || text[at + 1] != '{') {
      return behind_type(text, at + 1, arrays, structs);
    }
    if (at + 2 >= text.size() || basic.find(text[at + 2]) == std::string_view::npos) return 0;
    const std::size_t end = behind_type(text, at + 3, arrays, structs);
    return end > 0 && end < text.size() && text[end] == '}' ? end + 1 : 0;
  }
  if (code != '(' || ++structs > signature_depth_max) return 0;
  std::size_t end = at + 1;
  do {
    end = behind_type(text, end, arrays, structs);
    if (end == 0) return 0;
  } while (end < text.size() && text[end] != ')');
  return end < text.size() ? end + 1 : 0;
}
constexpr bool is_signature(std::string_view text) {
  if (text.size() > signature_bytes_max) return false;
  std::size_t at = 0;
  while (at < text.size()) {
    at = behind_type(text, at, 0, 0);
    if (at == 0) return false;
  }
  return true;
}
constexpr bool is_complete_type(std::string_view text) {
  return text.size() <= signature_bytes_max && behind_type(text, 0, 0, 0) == text.size() &&
         !text.empty();
}
/// What an array is opened with: "{sv}" makes a dictionary.
constexpr bool is_element_type(std::string_view text) {
  std::array<char, signature_bytes_max> array{'a'};
  if (text.size() >= array.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) array[i + 1] = text[i];
  return is_complete_type({array.data(), text.size() + 1});
}

inline constexpr std::size_t rule_bytes_max = 1024;

/// Takes `key='value'` pairs from a match rule, as the specification writes them.
class rule_cutter {
 public:
  constexpr explicit rule_cutter(std::string_view text) : rest_(text) {}

  [[nodiscard]] constexpr std::string_view key() const { return key_; }
  /// Without its quoting.
  [[nodiscard]] constexpr std::string_view value() const { return {value_.data(), size_}; }

  constexpr bool at_end() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    return rest_.empty();
  }
  /// False if what comes next is no pair.
  constexpr bool next() {
    const std::size_t end = rest_.find_first_of("=, \t\r\n");
    if (end == 0 || end == std::string_view::npos) return false;
    key_ = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (at_end() || rest_.front() != '=') return false;
    rest_.remove_prefix(1);
    return take_value();
  }

 private:
  static constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  constexpr bool take_value() {
    size_ = 0;
    bool quoted = false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\'') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        return true;
      } else if (c == '\\' && !quoted && rest_.starts_with('\'')) {
        value_[size_++] = '\'';
        rest_.remove_prefix(1);
      } else {
        value_[size_++] = c;
      }
    }
    return !quoted;
  }

  std::string_view rest_;
  std::string_view key_;
  std::array<char, rule_bytes_max> value_{};
  std::size_t size_ = 0;
};

constexpr bool is_argument_condition(std::string_view key, std::string_view value) {
  constexpr unsigned index_max = 63;
  std::string_view tail = key.substr(std::string_view("arg").size());
  unsigned index = 0;
  std::size_t digits = 0;
  for (; digits < tail.size() && tail[digits] >= '0' && tail[digits] <= '9'; ++digits) {
    index = index * 10 + static_cast<unsigned>(tail[digits] - '0');
    if (index > index_max) return false;
  }
  if (digits == 0) return false;
  tail.remove_prefix(digits);
  return tail.empty() || tail == "path" ||
         (tail == "namespace" && index == 0 && is_name_namespace(value));
}
constexpr bool is_condition(std::string_view key, std::string_view value) {
  if (key == "type") {
    return value == "signal" || value == "method_call" || value == "method_return" ||
           value == "error";
  }
  if (key == "eavesdrop") return value == "true" || value == "false";
  if (key == "sender" || key == "destination") return is_bus_name(value);
  if (key == "interface") return is_interface_name(value);
  if (key == "member") return is_member_name(value);
  if (key == "path" || key == "path_namespace") return is_path(value);
  return key.starts_with("arg") && is_argument_condition(key, value);
}
/// What excludes another condition: a second one of that key, path or argument.
constexpr std::string_view subject_of(std::string_view key) {
  if (key == "path_namespace") return "path";
  if (!key.starts_with("arg")) return key;
  std::size_t end = 3;
  while (end < key.size() && key[end] >= '0' && key[end] <= '9') ++end;
  std::size_t first = 3;
  while (first + 1 < end && key[first] == '0') ++first;
  return key.substr(first, end - first);
}
constexpr bool is_match_rule(std::string_view text) {
  if (text.size() > rule_bytes_max) return false;
  std::array<std::string_view, 80> seen{};  // 64 arguments and the other keys
  std::size_t count = 0;
  for (rule_cutter cutter(text); !cutter.at_end();) {
    if (!cutter.next() || !is_condition(cutter.key(), cutter.value())) return false;
    if (cutter.key() == "eavesdrop") continue;
    const std::string_view subject = subject_of(cutter.key());
    for (std::size_t i = 0; i < count; ++i) {
      if (seen[i] == subject) return false;
    }
    seen[count++] = subject;
  }
  return true;
}

// The compiler's message for a literal that is none: "call to non-constexpr function
// 'path_rule::is_broken()'".
struct bus_name_rule {
  static constexpr bool allows(std::string_view text) { return is_bus_name(text); }
  static void is_broken();
};
struct error_name_rule {
  static constexpr bool allows(std::string_view text) { return is_interface_name(text); }
  static void is_broken();
};
struct interface_name_rule {
  static constexpr bool allows(std::string_view text) { return is_interface_name(text); }
  static void is_broken();
};
struct member_name_rule {
  static constexpr bool allows(std::string_view text) { return is_member_name(text); }
  static void is_broken();
};
struct path_rule {
  static constexpr std::string_view wanted = "an object path";
  static constexpr std::string_view by_default = "/";
  static constexpr bool allows(std::string_view text) { return is_path(text); }
  static void is_broken();
};
struct path_template_rule {
  static constexpr bool allows(std::string_view text) { return is_path_template(text); }
  static void is_broken();
};
struct match_rule_rule {
  static constexpr bool allows(std::string_view text) { return is_match_rule(text); }
  static void is_broken();
};
struct signature_rule {
  static constexpr std::string_view wanted = "a signature";
  static constexpr std::string_view by_default = "";
  static constexpr bool allows(std::string_view text) { return is_signature(text); }
  static void is_broken();
};
struct complete_type_rule {
  static constexpr bool allows(std::string_view text) { return is_complete_type(text); }
  static void is_broken();
};
struct element_type_rule {
  static constexpr bool allows(std::string_view text) { return is_element_type(text); }
  static void is_broken();
};
template <class Rule>
struct or_empty {
  static constexpr bool allows(std::string_view text) { return text.empty() || Rule::allows(text); }
  static void is_broken() { Rule::is_broken(); }
};

struct anything;
/// A string, a view or a pointer: known at run time only.
template <class T>
concept text_object =
    std::is_same_v<T, const char*> || (std::is_class_v<T> && !std::is_same_v<T, anything> &&
                                       std::is_convertible_v<const T&, std::string_view>);

}  // namespace detail

/// A text that a function takes for as long as it runs.
template <class Rule>
class checked_text {
 public:
  constexpr checked_text() = default;
  template <std::size_t N>
  consteval checked_text(const char (&literal)[N]) : text_(literal, N - 1) {
    if (!Rule::allows(text_)) Rule::is_broken();
  }
  template <detail::text_object T>
  constexpr checked_text(const T& text) : text_(text) {}

  constexpr operator std::string_view() const { return text_; }
  [[nodiscard]] constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

using bus_name = checked_text<detail::bus_name_rule>;
using error_name_text = checked_text<detail::error_name_rule>;
using interface_name = checked_text<detail::interface_name_rule>;
using member_name = checked_text<detail::member_name_rule>;
using path_text = checked_text<detail::path_rule>;
using template_text = checked_text<detail::path_template_rule>;
using match_rule = checked_text<detail::match_rule_rule>;
using signature_text = checked_text<detail::signature_rule>;
using complete_type = checked_text<detail::complete_type_rule>;
using element_type = checked_text<detail::element_type_rule>;
using bus_name_or_none = checked_text<detail::or_empty<detail::bus_name_rule>>;
using interface_name_or_none = checked_text<detail::or_empty<detail::interface_name_rule>>;

}  // namespace headway
