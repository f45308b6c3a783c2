// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

#include "headway/detail/codec.h"
#include "headway/detail/reflect.h"

/// Interfaces as C++ types. One struct template says what an interface has; its role makes it a
/// client's proxy or a service's object:
///
///     struct Target { double degrees; std::string unit; };
///     struct Overheat { double value; std::string sensor; };
///     template <class Role> struct Thermostat1 {
///       static constexpr std::string_view name = "org.example.Thermostat1";
///       headway::method<Role, double(Target)> set_target;      // SetTarget: (ds) -> d
///       headway::property<Role, double> current;               // Current: d
///       headway::signal<Role, Overheat> overheated;            // Overheated: d value, s sensor
///     };
///
/// Members are called as they are written, in the way of D-Bus (set_target: SetTarget), or by the
/// name that is given. A struct is one D-Bus struct, except that a signal's struct is its
/// arguments, by name, and a method that returns several<T> returns the members of T.
namespace headway {

namespace role {
struct client;
struct service;
}  // namespace role

/// A D-Bus name written in a type.
struct literal {
  std::array<char, 64> chars{};
  std::size_t size = 0;
  consteval literal() = default;
  template <std::size_t N>
  consteval literal(const char (&text)[N]) : size(N - 1) {  // NOLINT: meant to be implicit
    static_assert(N <= 64, "the name is too long");
    for (std::size_t i = 0; i < size; ++i) chars[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {chars.data(), size}; }
};

/// Says that a method returns the members of T one by one.
template <class T>
struct several;

/// Whether a property can be set by others.
enum class access : bool { read, read_write };

template <class Role, class Signature, literal Name = literal{}>
class method;
template <class Role, class T, access Access = access::read, literal Name = literal{}>
class property;
template <class Role, class T, literal Name = literal{}>
class signal;

namespace detail {

/// A value as the arguments of a message: a struct's members, no value at all, or one.
template <class T>
struct arguments {
  static constexpr auto signature = type_traits<T>::signature;
  static constexpr std::array<std::string_view, 1> names{};
  static void encode(output& to, const T& value) { codec::encode(to, type_of<T>, &value); }
  static T decode(const message& from) {
    T value{};
    std::size_t at = 0;
    codec::decode(from, at, type_of<T>, &value);
    return value;
  }
};
template <>
struct arguments<void> {
  static constexpr text<0> signature{};
  static constexpr std::array<std::string_view, 0> names{};
  static void decode(const message&) {}
};
template <class T>
struct member_arguments {
  static constexpr auto signature = member_traits<T>::signature;
  static constexpr auto names = member_names<T>;
  static void encode(output& to, const T& value) {
    std::apply(
        [&](const auto*... member) { (codec::encode(to, type_for_member(member), member), ...); },
        members_of(value));
  }
  static T decode(const message& from) {
    T value{};
    std::size_t at = 0;
    std::apply(
        [&](auto*... member) { (codec::decode(from, at, type_for_member(member), member), ...); },
        members_of(value));
    return value;
  }

 private:
  template <class M>
  static constexpr const type& type_for_member(const M*) {
    return type_of<M>;
  }
};

/// What a method returns, and what its caller gets.
template <class R>
struct returned : arguments<R> {
  using type = R;
};
template <class T>
struct returned<several<T>> : member_arguments<T> {
  using type = T;
};
/// What a signal carries.
template <class T>
struct signalled : arguments<T> {};
template <aggregate T>
struct signalled<T> : member_arguments<T> {};

/// Calls `bind(member, name)` for each member of an interface.
template <class Interface, class Bind>
void for_each_member(Interface& members, Bind bind) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto all = members_of(members);
    (bind(*std::get<I>(all), pascal_name<Interface, I>.view()), ...);
  }(std::make_index_sequence<std::tuple_size_v<members_tuple<Interface>>>{});
}

}  // namespace detail

}  // namespace headway
