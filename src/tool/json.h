// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace headway::tool {

/// Writes one JSON document, on one line. Who calls sees to it that keys stand in objects.
///
///     JsonText json;
///     json.open_object().key("name").string("a").key("pids").open_array().number(5).close_array()
///         .close_object();
class JsonText {
 public:
  JsonText& open_object() { return open('{'); }
  JsonText& close_object() { return close('}'); }
  JsonText& open_array() { return open('['); }
  JsonText& close_array() { return close(']'); }
  JsonText& key(std::string_view name);
  /// What is no UTF-8 does not come from a bus; it is written as it is.
  JsonText& string(std::string_view value);
  JsonText& number(std::integral auto value) { return raw(std::to_string(value)); }
  /// JSON has no infinities and no NaN: they are strings, "inf", "-inf" and "nan".
  JsonText& number(double value);
  /// A value that is JSON already.
  JsonText& written(std::string_view json) { return raw(json); }
  JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonText& null() { return raw("null"); }

  // The same in an object, in one step.
  JsonText& member(std::string_view name, std::string_view value) {
    return key(name).string(value);
  }
  /// Nothing if there is no text.
  JsonText& member_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : member(name, value);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& raw(std::string_view text);
  void separate();

  std::string text_;
  bool is_first_ = true;  // nothing stands before it: no comma
};

/// As a JSON string, with its quotes. Also how texts inside of values are shown to people.
[[nodiscard]] std::string quoted(std::string_view text);
/// The shortest text that reads as this number again.
[[nodiscard]] std::string number_text(double value);

}  // namespace headway::tool
