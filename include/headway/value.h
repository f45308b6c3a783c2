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
#include "headway/names.h"

namespace headway {

namespace detail {
struct type;
struct codec;
struct anything;
template <class T>
constexpr const type& type_for();
}  // namespace detail

namespace detail {

[[noreturn]] void refuse_name(std::string_view text, std::string_view wanted);

/// A text of a certain form, as a value. A literal costs nothing: it is referred to.
template <class Rule>
class owned_text {
 public:
  constexpr owned_text() = default;
  template <std::size_t N>
  consteval owned_text(const char (&literal)[N]) : data_(literal), size_(N - 1) {
    if (!Rule::allows(view())) Rule::is_broken();
  }
  /// Throws invalid_args for what is none.
  template <text_object T>
  owned_text(const T& text) {
    const std::string_view given = text;
    if (!Rule::allows(given)) refuse_name(given, Rule::wanted);
    take(given);
  }
  owned_text(const owned_text& other) : data_(other.data_), size_(other.size_) {
    if (other.is_owned_) take(other.view());
  }
  constexpr owned_text(owned_text&& other) noexcept { swap(other); }
  owned_text& operator=(owned_text other) noexcept {
    swap(other);
    return *this;
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfree-nonheap-object"  // g++ 12 takes data_ for what it began as
  constexpr ~owned_text() {
    if (is_owned_) delete[] data_;
  }
#pragma GCC diagnostic pop

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string str() const { return std::string(view()); }
  constexpr operator std::string_view() const noexcept { return view(); }
  constexpr bool operator==(const owned_text& other) const noexcept {
    return view() == other.view();
  }
  constexpr auto operator<=>(const owned_text& other) const noexcept {
    return view() <=> other.view();
  }

 private:
  friend struct detail::codec;
  void take(std::string_view text) {
    auto* const copy = new char[text.size()];
    text.copy(copy, text.size());
    data_ = copy;
    size_ = text.size();
    is_owned_ = true;
  }
  constexpr void swap(owned_text& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(is_owned_, other.is_owned_);
  }

  const char* data_ = Rule::by_default.data();
  std::size_t size_ = Rule::by_default.size();
  bool is_owned_ = false;
};

}  // namespace detail

/// The path of an object; "/" by default.
using object_path = detail::owned_text<detail::path_rule>;
/// The signature of any number of values; by default of none.
using signature = detail::owned_text<detail::signature_rule>;

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
