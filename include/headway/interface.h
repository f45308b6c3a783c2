// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "headway/carried_as.h"
#include "headway/detail/codec.h"
#include "headway/detail/reflect.h"
#include "headway/named_error.h"
#include "headway/names.h"

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

/// Says that a method returns the members of T one by one.
template <class T>
struct several;

/// What others can do with a property.
enum class access : std::uint8_t { read, read_write, write };

/// What is told of a member beside its types. An interface can say it of each of its members; then
/// it may have more than 24 of them, and arguments have names:
///
///     template <class Self, class Bind>
///     static void each_member(Self& self, Bind bind) {
///       bind(self.set_target, {.name = "SetTarget", .arguments = "target", .results = "was"});
///       bind(self.current, {.name = "Current", .annotations = headway::emits_invalidation});
///       bind(self.overheated, {.name = "Overheated"});
///     }
///
/// Annotations of the interface itself are its `static constexpr std::string_view annotations`.
struct member_words {
  member_name name;                   // on the bus
  std::string_view arguments = {};    // their names, parted by commas
  std::string_view results = {};      // of what a method returns
  std::string_view annotations = {};  // "NAME=VALUE", parted by newlines
};

/// Annotations that services follow: what PropertiesChanged says of a property. Without one it says
/// the new value.
inline constexpr std::string_view emits_invalidation =
    "org.freedesktop.DBus.Property.EmitsChangedSignal=invalidates";
inline constexpr std::string_view emits_nothing =
    "org.freedesktop.DBus.Property.EmitsChangedSignal=false";
inline constexpr std::string_view never_changes =
    "org.freedesktop.DBus.Property.EmitsChangedSignal=const";
inline constexpr std::string_view deprecated = "org.freedesktop.DBus.Deprecated=true";

template <class Role, class Signature, literal Name = literal{}>
class method;
template <class Role, class T, access Access = access::read, literal Name = literal{}>
class property;
template <class Role, class T, literal Name = literal{}>
class signal;

namespace detail {

/// What a member's type says of its name.
template <literal Name>
struct named_member {
  static_assert(Name.size == 0 || is_member_name(Name.view()), "this is not the name of a member");
};
/// What an interface must say of itself.
template <class Interface>
consteval std::string_view name_of_interface() {
  static_assert(is_interface_name(Interface::name), "the interface's name is not one");
  return Interface::name;
}

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

/// "set_target" as D-Bus writes it: "SetTarget".
template <class T, std::size_t I>
inline constexpr auto pascal_name =
    spell<member_names<T>[I].size()>(member_names<T>[I], spelling::pascal);

/// What an interface's each_member() is checked with.
struct no_bind {
  void operator()(auto&, const member_words&) const {}
};
template <class Interface>
concept tells_members =
    requires(Interface& members) { Interface::each_member(members, no_bind()); };

/// What is known of a member.
struct member_facts {
  std::string_view name;
  std::string_view signature;  // of a method's arguments, a property, a signal's arguments
  std::span<const std::string_view> names;  // of a signal's arguments; may be empty
  std::string_view returns;                 // of a method
  std::span<const std::string_view> return_names;
  bool can_be_read = true;  // of a property
  bool can_be_set = false;
  member_words words;  // as far as the interface says them

  template <class R, class... A>
  void set_method(std::string_view given) {
    name = given;
    signature = list_traits<A...>::signature.view();
    returns = returned<R>::signature.view();
    return_names = returned<R>::names;
  }
  template <class T, access Access>
  void set_property(std::string_view given) {
    name = given;
    signature = type_of<T>.signature;
    can_be_read = Access != access::write;
    can_be_set = Access != access::read;
  }
  template <class T>
  void set_signal(std::string_view given) {
    name = given;
    signature = signalled<T>::signature.view();
    names = signalled<T>::names;
  }
};

/// Calls `bind(member, const member_words&)` for each member of an interface.
template <class Interface, class Bind>
void for_each_member(Interface& members, Bind bind) {
  if constexpr (tells_members<Interface>) {
    Interface::each_member(members,
                           [&](auto& member, const member_words& words) { bind(member, words); });
  } else {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      [[maybe_unused]] const auto all = members_of(members);
      (bind(*std::get<I>(all), member_words{.name = pascal_name<Interface, I>.view()}), ...);
    }(std::make_index_sequence<std::tuple_size_v<members_tuple<Interface>>>{});
  }
}
template <class Interface>
constexpr std::string_view annotations_of() {
  if constexpr (requires { Interface::annotations; }) return Interface::annotations;
  return {};
}

}  // namespace detail

}  // namespace headway
