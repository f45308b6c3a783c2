// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "headway/names.h"

namespace headway {

/// A match rule, put together; goes wherever a rule does:
///
///     bus.on(match::signal().sender("org.example.Bell").member("Rang").arg(0, door), handler);
///
/// Names written as literals are checked by the compiler, the whole when it is used.
class match {
 public:
  [[nodiscard]] static match signal() { return match("signal"); }
  [[nodiscard]] static match method_call() { return match("method_call"); }
  [[nodiscard]] static match method_return() { return match("method_return"); }
  [[nodiscard]] static match error() { return match("error"); }
  /// Messages of every type.
  [[nodiscard]] static match any() { return {}; }

  match& sender(bus_name name) { return add("sender", name); }
  match& destination(bus_name name) { return add("destination", name); }
  match& interface(interface_name name) { return add("interface", name); }
  match& member(member_name name) { return add("member", name); }
  match& path(path_text path) { return add("path", path); }
  /// That path and all below it.
  match& path_namespace(path_text path) { return add("path_namespace", path); }
  /// The argument of that number, from 0 to 63, is this text.
  match& arg(unsigned number, std::string_view text) {
    return add("arg" + std::to_string(number), text);
  }
  /// The argument is this path or, where one of the two ends with a slash, below the other.
  match& arg_path(unsigned number, std::string_view path) {
    return add("arg" + std::to_string(number) + "path", path);
  }
  /// The first argument is this name or one below it.
  match& arg0_namespace(std::string_view name) { return add("arg0namespace", name); }

  [[nodiscard]] const std::string& text() const { return text_; }
  operator std::string_view() const { return text_; }

 private:
  match() = default;
  explicit match(std::string_view type) { add("type", type); }
  match& add(std::string_view key, std::string_view value);

  std::string text_;
};

}  // namespace headway
