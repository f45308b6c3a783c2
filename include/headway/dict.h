// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "headway/carried_as.h"
#include "headway/detail/types.h"
#include "headway/value.h"

namespace headway {

/// A member of this type takes the entries of a dictionary for which its struct has no member, and
/// gives them back when it is sent. Without one they are passed over.
struct others : std::map<std::string, variant> {
  using map::map;
};

/// The key of a member that is not spelled like the rest.
struct key_name {
  std::string_view member;
  std::string_view key;
};

/// A struct as a dictionary a{sv}: each member is an entry whose key is the member's name, as D-Bus
/// spells it (desktop_entry: "DesktopEntry"). What is not there has an empty std::optional; an
/// entry missing for any other member is an error, as is one of another type.
///
///     struct Options {
///       std::string title;
///       std::optional<bool> resident;
///       std::optional<std::int32_t> image_x;
///       // Both may be left out:
///       static constexpr auto key_spelling = headway::spelling::kebab;
///       static constexpr headway::key_name key_names[] = {{"image_x", "x"}};
///     };
///     headway::method<Role, std::uint32_t(headway::dict<Options>)> notify;   // a{sv} -> u
///     ... proxy->notify(Options{.title = "now", .resident = true}) ...
template <detail::aggregate T>
struct dict : T {
  dict() = default;
  dict(T members) : T(std::move(members)) {}
};

namespace detail {

template <class T>
constexpr spelling spelling_of_keys() {
  if constexpr (requires { T::key_spelling; }) return T::key_spelling;
  return spelling::pascal;
}

template <class T>
constexpr std::string_view given_key(std::string_view member) {
  if constexpr (requires { T::key_names; }) {
    for (const key_name& given : T::key_names) {
      if (given.member == member) return given.key;
    }
  }
  return {};
}

template <class T, std::size_t I>
inline constexpr auto spelled_key =
    spell<member_names<T>[I].size()>(member_names<T>[I], spelling_of_keys<T>());

template <class T>
inline constexpr auto keys_of = []<std::size_t... I>(std::index_sequence<I...>) {
  std::array<std::string_view, sizeof...(I)> keys{given_key<T>(member_names<T>[I])...};
  static_cast<void>(((keys[I].empty() ? keys[I] = spelled_key<T, I>.view() : keys[I]), ...));
  return keys;
}(std::make_index_sequence<count_members<T>()>{});

/// Every key_name is of a member, and no two members have one key.
template <class T>
constexpr bool are_keys_good() {
  const auto& names = member_names<T>;
  const auto& keys = keys_of<T>;
  if constexpr (requires { T::key_names; }) {
    for (const key_name& given : T::key_names) {
      bool found = false;
      for (const std::string_view name : names) found |= name == given.member;
      if (!found) return false;
    }
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (keys[i] == keys[j]) return false;
    }
  }
  return true;
}

/// What may be a member of a dictionary, beside what may be anything's.
template <class T>
struct entry_traits : type_traits<T> {};
template <class T>
struct entry_traits<std::optional<T>> {
  static constexpr type make() {
    return {.what = kind::optional,
            .signature = type_of<T>.signature,
            .first = &type_of<T>,
            .each =
                [](const void* value, void* context, visit tell) {
                  const auto& held = *static_cast<const std::optional<T>*>(value);
                  if (held) tell(context, &*held, nullptr);
                },
            .read =
                [](void* value, void* context, more, fill give) {
                  give(context, &static_cast<std::optional<T>*>(value)->emplace(), nullptr);
                }};
  }
};
template <>
struct entry_traits<others> {
  static constexpr type make() { return {.what = kind::others, .signature = {}}; }
};
template <class T>
inline constexpr type entry_of = entry_traits<T>::make();

template <class T>
inline constexpr auto entries_of = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<const type*, sizeof...(I)>{&entry_of<member_type<T, I>>...};
}(std::make_index_sequence<count_members<T>()>{});

template <class T>
struct type_traits<dict<T>> {
  static_assert(are_keys_good<T>(),
                "key_names names no member of the struct, or two members have the same key");
  static constexpr auto signature = lit("a{sv}");
  static constexpr type make() {
    return {.what = kind::options,
            .signature = signature.view(),
            .count = entries_of<T>.size(),
            .members = entries_of<T>.data(),
            .keys = keys_of<T>.data(),
            .addresses = [](const void* object, const void** into) {
              tell_addresses<T>(static_cast<const dict<T>*>(object), into);
            }};
  }
};

}  // namespace detail

}  // namespace headway
