// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "headway/carried_as.h"
#include "headway/detail/reflect.h"
#include "headway/detail/type.h"
#include "headway/fd.h"
#include "headway/value.h"

/// What each C++ type is to D-Bus.
namespace headway::detail {

template <class T>
struct type_traits;
template <class T>
inline constexpr type type_of = type_traits<T>::make();
template <class T>
constexpr const type& type_for() {
  return type_of<T>;
}

template <kind What, char Code>
struct simple {
  static constexpr text<1> signature{{Code, '\0'}};
  static constexpr type make() { return {.what = What, .signature = signature.view()}; }
};
template <>
struct type_traits<std::uint8_t> : simple<kind::byte, 'y'> {};
template <>
struct type_traits<bool> : simple<kind::boolean, 'b'> {};
template <>
struct type_traits<std::int16_t> : simple<kind::int16, 'n'> {};
template <>
struct type_traits<std::uint16_t> : simple<kind::uint16, 'q'> {};
template <>
struct type_traits<std::int32_t> : simple<kind::int32, 'i'> {};
template <>
struct type_traits<std::uint32_t> : simple<kind::uint32, 'u'> {};
template <>
struct type_traits<std::int64_t> : simple<kind::int64, 'x'> {};
template <>
struct type_traits<std::uint64_t> : simple<kind::uint64, 't'> {};
template <>
struct type_traits<long long> : simple<kind::int64, 'x'> {};
template <>
struct type_traits<unsigned long long> : simple<kind::uint64, 't'> {};
template <>
struct type_traits<double> : simple<kind::float64, 'd'> {};
template <>
struct type_traits<std::string> : simple<kind::string, 's'> {};
template <>
struct type_traits<std::string_view> : simple<kind::string_view, 's'> {};
template <>
struct type_traits<object_path> : simple<kind::object_path, 'o'> {};
template <>
struct type_traits<signature> : simple<kind::signature, 'g'> {};
template <>
struct type_traits<unique_fd> : simple<kind::fd, 'h'> {};
template <>
struct type_traits<variant> : simple<kind::variant, 'v'> {};
template <class T>
  requires(std::is_enum_v<T> && !has_stand_in<T>)
struct type_traits<T> : type_traits<std::underlying_type_t<T>> {};

// --- bytes ---

template <class Container>
struct bytes_traits {
  using element = typename Container::value_type;
  static constexpr auto signature = lit("ay");
  static constexpr type make() {
    return {.what = kind::bytes,
            .signature = signature.view(),
            .bytes = [](const void* value) -> std::span<const std::uint8_t> {
              const auto& from = *static_cast<const Container*>(value);
              return {reinterpret_cast<const std::uint8_t*>(from.data()), from.size()};
            },
            .set_bytes =
                [](void* value, std::span<const std::uint8_t> bytes) {
                  const auto* const first = reinterpret_cast<const element*>(bytes.data());
                  *static_cast<Container*>(value) = Container(first, first + bytes.size());
                }};
  }
};
template <>
struct type_traits<std::vector<std::uint8_t>> : bytes_traits<std::vector<std::uint8_t>> {};
template <>
struct type_traits<std::vector<std::byte>> : bytes_traits<std::vector<std::byte>> {};
// Borrowed, as string_view is.
template <>
struct type_traits<std::span<const std::uint8_t>> : bytes_traits<std::span<const std::uint8_t>> {};
template <>
struct type_traits<std::span<const std::byte>> : bytes_traits<std::span<const std::byte>> {};

// --- arrays and dictionaries ---

template <class Container>
void tell_elements(const void* from, void* context, visit tell) {
  for (const typename Container::value_type& element : *static_cast<const Container*>(from)) {
    tell(context, &element, nullptr);
  }
}

template <class T>
struct type_traits<std::vector<T>> {
  static constexpr auto signature = joined(lit("a"), type_traits<T>::signature);
  static constexpr type make() {
    return {.what = kind::array,
            .signature = signature.view(),
            .first = &type_of<T>,
            .each = tell_elements<std::vector<T>>,
            .read = [](void* into, void* context, more another, fill give) {
              auto& elements = *static_cast<std::vector<T>*>(into);
              elements.clear();
              while (another(context)) {
                T element{};
                give(context, &element, nullptr);
                elements.push_back(std::move(element));
              }
            }};
  }
};
template <class T, std::size_t N>
struct type_traits<std::array<T, N>> {
  static constexpr auto signature = joined(lit("a"), type_traits<T>::signature);
  static constexpr type make() {
    return {.what = kind::array,
            .signature = signature.view(),
            .first = &type_of<T>,
            .each = tell_elements<std::array<T, N>>,
            .read = [](void* into, void* context, more another, fill give) {
              for (T& element : *static_cast<std::array<T, N>*>(into)) {
                if (!another(context)) refuse_length(N);
                give(context, &element, nullptr);
              }
              if (another(context)) refuse_length(N);
            }};
  }
};

template <class K>
concept key = type_traits<K>::signature.view().size() == 1 &&
              type_traits<K>::signature.view() != std::string_view("v");

template <class Container, class K, class V>
struct dict_traits {
  static_assert(key<K>, "the keys of a dictionary are of a basic type");
  static constexpr auto signature =
      joined(lit("a{"), type_traits<K>::signature, type_traits<V>::signature, lit("}"));
  static constexpr type make() {
    return {.what = kind::dict,
            .signature = signature.view(),
            .first = &type_of<K>,
            .second = &type_of<V>,
            .each =
                [](const void* from, void* context, visit tell) {
                  for (const auto& entry : *static_cast<const Container*>(from)) {
                    tell(context, &entry.first, &entry.second);
                  }
                },
            .read =
                [](void* into, void* context, more another, fill give) {
                  auto& entries = *static_cast<Container*>(into);
                  entries.clear();
                  while (another(context)) {
                    K name{};
                    V value{};
                    give(context, &name, &value);
                    if constexpr (requires { entries.emplace_back(std::pair<K, V>()); }) {
                      entries.emplace_back(std::move(name), std::move(value));
                    } else {
                      entries.insert_or_assign(std::move(name), std::move(value));
                    }
                  }
                }};
  }
};
template <class K, class V, class C>
struct type_traits<std::map<K, V, C>> : dict_traits<std::map<K, V, C>, K, V> {};
template <class K, class V, class H, class E>
struct type_traits<std::unordered_map<K, V, H, E>>
    : dict_traits<std::unordered_map<K, V, H, E>, K, V> {};
/// A dictionary in its own order. An array of structs is a vector of structs or tuples.
template <class K, class V>
struct type_traits<std::vector<std::pair<K, V>>> : dict_traits<std::vector<std::pair<K, V>>, K, V> {
};

// --- structs ---

/// What several values are, one after the other: the members of a struct, of a tuple, arguments.
template <class... T>
struct list_traits {
  static constexpr auto signature = joined(type_traits<T>::signature...);
  static constexpr std::array<const type*, sizeof...(T)> types{&type_of<T>...};
};
template <class T, class Indices = std::make_index_sequence<std::tuple_size_v<members_tuple<T>>>>
struct member_traits;
template <class T, std::size_t... I>
struct member_traits<T, std::index_sequence<I...>> : list_traits<member_type<T, I>...> {};

/// The addresses of a reflected struct's members.
template <class T>
void tell_addresses(const void* object, const void** into) {
  std::apply([&](const auto*... member) { ((*into++ = member), ...); },
             members_of(*static_cast<const T*>(object)));
}

template <aggregate T>
  requires(!has_stand_in<T>)
struct type_traits<T> {
  static constexpr auto signature = joined(lit("("), member_traits<T>::signature, lit(")"));
  static constexpr type make() {
    return {.what = kind::structure,
            .signature = signature.view(),
            .count = member_traits<T>::types.size(),
            .members = member_traits<T>::types.data(),
            .addresses = tell_addresses<T>};
  }
};
template <class Tuple, class... T>
struct tuple_traits {
  static constexpr auto signature = joined(lit("("), list_traits<T...>::signature, lit(")"));
  static constexpr type make() {
    return {.what = kind::structure,
            .signature = signature.view(),
            .count = sizeof...(T),
            .members = list_traits<T...>::types.data(),
            .addresses = [](const void* object, const void** into) {
              std::apply([&](const T&... member) { ((*into++ = &member), ...); },
                         *static_cast<const Tuple*>(object));
            }};
  }
};
template <class... T>
struct type_traits<std::tuple<T...>> : tuple_traits<std::tuple<T...>, T...> {};
template <class A, class B>
struct type_traits<std::pair<A, B>> : tuple_traits<std::pair<A, B>, A, B> {};

// --- variants, and types that are carried as others ---

template <class... T>
struct type_traits<std::variant<T...>> {
  static constexpr auto signature = lit("v");
  static constexpr type make() {
    static_assert(are_distinct(), "two alternatives have one signature: a receiver cannot tell");
    return {.what = kind::one_of,
            .signature = signature.view(),
            .count = sizeof...(T),
            .members = list_traits<T...>::types.data(),
            .choose =
                [](void* value, std::size_t alternative) {
                  return emplace(*static_cast<std::variant<T...>*>(value), alternative,
                                 std::index_sequence_for<T...>{});
                },
            .each =
                [](const void* value, void* context, visit tell) {
                  std::visit([&](const auto& held) { tell(context, &held, type_at(held)); },
                             *static_cast<const std::variant<T...>*>(value));
                }};
  }

 private:
  template <class Held>
  static constexpr const type* type_at(const Held&) {
    return &type_of<Held>;
  }
  template <std::size_t... I>
  static void* emplace(std::variant<T...>& value, std::size_t alternative,
                       std::index_sequence<I...>) {
    void* place = nullptr;
    static_cast<void>(
        ((alternative == I && (place = &value.template emplace<I>()) != nullptr) || ...));
    return place;
  }
  static constexpr bool are_distinct() {
    const std::array<std::string_view, sizeof...(T)> all{type_traits<T>::signature.view()...};
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i] == all[j]) return false;
      }
    }
    return true;
  }
};

template <class T>
  requires has_stand_in<T>
struct type_traits<T> {
  using other = typename carried_as<T>::type;
  static constexpr auto signature = type_traits<other>::signature;
  static constexpr type make() {
    return {.what = kind::stand_in,
            .signature = signature.view(),
            .first = &type_of<other>,
            .each =
                [](const void* value, void* context, visit tell) {
                  const other standing = carried_as<T>::to(*static_cast<const T*>(value));
                  tell(context, &standing, nullptr);
                },
            .read =
                [](void* value, void* context, more, fill give) {
                  other standing{};
                  give(context, &standing, nullptr);
                  *static_cast<T*>(value) = carried_as<T>::from(std::move(standing));
                }};
  }
};

template <class T>
concept carried = requires { type_traits<T>::signature; };

}  // namespace headway::detail

namespace headway {

/// The D-Bus signature of a C++ type: signature_of<Target> == "(ds)".
template <detail::carried T>
inline constexpr std::string_view signature_of = detail::type_traits<T>::signature.view();

}  // namespace headway
