// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "headway/message.h"

namespace headway {

namespace detail {
struct type;
struct codec;
struct anything;
template <class T>
constexpr const type& type_for();
}  // namespace detail

/// The path of an object. Throws invalid_args for what is none.
class object_path {
 public:
  object_path() = default;  // "/"
  object_path(std::string_view text);
  object_path(const char* text) : object_path(std::string_view(text)) {}

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  auto operator<=>(const object_path&) const = default;

 private:
  friend struct detail::codec;
  std::string text_ = "/";
};

/// The signature of any number of values. Throws invalid_args for what is none.
class signature {
 public:
  signature() = default;  // of no value
  signature(std::string_view text);
  signature(const char* text) : signature(std::string_view(text)) {}

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  auto operator<=>(const signature&) const = default;

 private:
  friend struct detail::codec;
  std::string text_;
};

/// A value that brings its type: made from any type that D-Bus can carry, read as one of them.
///
///     variant five = 5.0;
///     if (five.holds<double>()) use(five.get<double>());
class variant {
 public:
  variant() = default;  // holds nothing, and cannot be sent
  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, variant> &&
             !std::is_same_v<std::remove_cvref_t<T>, detail::anything>)
  variant(T&& value)  // NOLINT(bugprone-forwarding-reference-overload): variants are excluded
      : type_(&detail::type_for<std::decay_t<T>>()),
        value_(std::make_shared<std::decay_t<T>>(std::forward<T>(value))) {}
  variant(const char* text) : variant(std::string(text)) {}
  variant(std::string_view text) : variant(std::string(text)) {}

  /// "s", "a{sv}"; empty if it holds nothing.
  [[nodiscard]] std::string_view signature() const;
  template <class T>
  [[nodiscard]] bool holds() const {
    return signature() == signature_of_type(detail::type_for<T>());
  }
  /// Throws invalid_signature unless it holds a T.
  template <class T>
  [[nodiscard]] T get() const {
    T value{};
    read(detail::type_for<T>(), &value);
    return value;
  }

 private:
  friend struct detail::codec;
  [[nodiscard]] static std::string_view signature_of_type(const detail::type& type);
  void read(const detail::type& type, void* into) const;

  // What was made here is kept as it is; what was received stays in its message.
  const detail::type* type_ = nullptr;
  std::shared_ptr<const void> value_;
  message source_;
  std::string_view source_type_;
  std::size_t source_at_ = 0;
};

}  // namespace headway

#include "headway/detail/codec.h"
