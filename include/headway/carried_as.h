// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "headway/detail/reflect.h"
#include "headway/detail/type.h"

namespace headway {

/// Specialised for a type that D-Bus does not know by itself (a class with a constructor, a
/// duration), it says as which other type that travels. The type must have a default constructor.
/// What from() throws is the error of whoever sent the value.
///
///     template <>
///     struct headway::carried_as<std::chrono::microseconds> {
///       using type = std::uint64_t;
///       static type to(std::chrono::microseconds time) { return time.count(); }
///       static std::chrono::microseconds from(type count) { return ...; }
///     };
template <class T>
struct carried_as;

/// How the name of a member or enumerator, written `dark_green`, is spelled on D-Bus.
enum class spelling : std::uint8_t {
  pascal,      // DarkGreen
  camel,       // darkGreen
  kebab,       // dark-green
  as_written,  // dark_green
};

namespace detail {

template <class T>
concept has_stand_in = requires { typename carried_as<T>::type; };

template <std::size_t Size>
struct spelled_text {
  std::array<char, Size> chars{};
  std::size_t size = 0;
  [[nodiscard]] constexpr std::string_view view() const { return {chars.data(), size}; }
};
template <std::size_t Size>
constexpr spelled_text<Size> spell(std::string_view written, spelling how) {
  spelled_text<Size> result;
  bool starts = how == spelling::pascal;
  for (char c : written) {
    if (c == '_' && how != spelling::as_written) {
      starts = how != spelling::kebab;
      if (starts) continue;
      c = '-';
    }
    const bool raise = starts && c >= 'a' && c <= 'z';
    result.chars[result.size++] = raise ? static_cast<char>(c - 'a' + 'A') : c;
    starts = false;
  }
  return result;
}

template <auto Value, spelling How>
inline constexpr auto enumerator_name = [] {
  constexpr std::string_view written = last_word(spelled<Value>());
  return spell<written.size()>(written, How);
}();

}  // namespace detail

/// An enumeration as text, by the names of its enumerators:
///
///     template <>
///     struct headway::carried_as<Colour>
///         : headway::by_name<headway::spelling::kebab, Colour::red, Colour::dark_green> {};
template <spelling How, auto First, decltype(First)... Rest>
struct by_name {
  using type = std::string_view;
  using enumeration = decltype(First);

  static type to(enumeration value) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == value) return names[i];
    }
    detail::refuse_enumerator(static_cast<std::int64_t>(value));
  }
  static enumeration from(type text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == text) return values[i];
    }
    detail::refuse_text(text, names);
  }

 private:
  static constexpr std::array values{First, Rest...};
  static constexpr std::array names{detail::enumerator_name<First, How>.view(),
                                    detail::enumerator_name<Rest, How>.view()...};
};

}  // namespace headway
