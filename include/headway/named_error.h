// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "headway/error.h"
#include "headway/names.h"

namespace headway {

/// A D-Bus name written in a type.
struct literal {
  std::array<char, 128> chars{};
  std::size_t size = 0;
  consteval literal() = default;
  template <std::size_t N>
  consteval literal(const char (&text)[N]) : size(N - 1) {  // NOLINT: meant to be implicit
    static_assert(N <= 128, "the name is too long");
    for (std::size_t i = 0; i < size; ++i) chars[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {chars.data(), size}; }
};

/// An error with a name of its own, for a service to throw and for its clients to catch:
///
///     struct OutOfRange : headway::named_error<"org.example.Error.OutOfRange"> {
///       using named_error::named_error;
///     };
template <literal Name>
struct named_error : error {
  static_assert(detail::is_interface_name(Name.view()), "this is not the name of an error");
  static constexpr literal name_literal = Name;
  explicit named_error(std::string_view text) : error(name_literal.view(), text) {}
};

/// The errors that an interface is known for. Its proxies throw them as what they are:
///
///     template <class Role> struct Thermostat1 {
///       using errors = headway::throws<OutOfRange, Broken>;
///       ...
///     try { co_await thermo->set_target(40, "C"); } catch (const OutOfRange& e) { ... }
///
/// Where errors are returned, is<OutOfRange>() tells.
template <class... Errors>
struct throws;

namespace detail {

struct known_error {
  std::string_view name;
  void (*raise)(const error& what);
};
/// Throws one of those that are known, or the error itself.
[[noreturn]] void raise(const error& what, std::span<const known_error> known);

template <class... Errors>
constexpr auto table_of(const throws<Errors...>*) {
  return std::array<known_error, sizeof...(Errors)>{
      known_error{.name = Errors::name_literal.view(),
                  .raise = [](const error& what) { throw Errors(what.text()); }}...};
}
template <class Interface>
inline constexpr auto errors_of = [] {
  if constexpr (requires { typename Interface::errors; }) {
    return table_of(static_cast<const typename Interface::errors*>(nullptr));
  } else {
    return std::array<known_error, 0>{};
  }
}();

}  // namespace detail

}  // namespace headway
