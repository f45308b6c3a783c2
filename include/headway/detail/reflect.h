// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// The members of plain structs and their names, without macros. A struct must be an aggregate
/// without base classes, arrays or more than 24 members.
namespace headway::detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Turns into any member. An optional is made from it by its own constructor.
struct anything {
  template <class T>
    requires(!is_optional<T>)
  operator T() const;
};

inline constexpr std::size_t members_max = 24;

template <class T, std::size_t... I>
constexpr bool has_at_least(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), anything{})...}; };
}

template <class T, std::size_t N = members_max + 1>
constexpr std::size_t count_members() {
  if constexpr (has_at_least<T>(std::make_index_sequence<N>{})) {
    static_assert(N <= members_max, "a struct has more members than headway counts");
    return N;
  } else if constexpr (N == 0) {
    return 0;
  } else {
    return count_members<T, N - 1>();
  }
}

template <class T>
concept aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !std::is_empty_v<T>;

template <std::size_t Count, class T>
constexpr auto few_members_of(T& value) {
  if constexpr (Count == 1) {
    auto& [m0] = value;
    return std::tuple(&m0);
  } else if constexpr (Count == 2) {
    auto& [m0, m1] = value;
    return std::tuple(&m0, &m1);
  } else if constexpr (Count == 3) {
    auto& [m0, m1, m2] = value;
    return std::tuple(&m0, &m1, &m2);
  } else if constexpr (Count == 4) {
    auto& [m0, m1, m2, m3] = value;
    return std::tuple(&m0, &m1, &m2, &m3);
  } else if constexpr (Count == 5) {
    auto& [m0, m1, m2, m3, m4] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4);
  } else if constexpr (Count == 6) {
    auto& [m0, m1, m2, m3, m4, m5] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5);
  } else if constexpr (Count == 7) {
    auto& [m0, m1, m2, m3, m4, m5, m6] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6);
  } else if constexpr (Count == 8) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7);
  } else if constexpr (Count == 9) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8);
  } else if constexpr (Count == 10) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9);
  } else if constexpr (Count == 11) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10);
  } else if constexpr (Count == 12) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11);
  }
}
template <std::size_t Count, class T>
constexpr auto many_members_of(T& value) {
  if constexpr (Count == 13) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12);
  } else if constexpr (Count == 14) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13);
  } else if constexpr (Count == 15) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14);
  } else if constexpr (Count == 16) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15);
  } else if constexpr (Count == 17) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16);
  } else if constexpr (Count == 18) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17);
  } else if constexpr (Count == 19) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18] =
        value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17, &m18);
  } else if constexpr (Count == 20) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18,
           m19] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17, &m18, &m19);
  } else if constexpr (Count == 21) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
           m20] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17, &m18, &m19, &m20);
  } else if constexpr (Count == 22) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
           m20, m21] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17, &m18, &m19, &m20, &m21);
  } else if constexpr (Count == 23) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
           m20, m21, m22] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22);
  } else if constexpr (Count == 24) {
    auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
           m20, m21, m22, m23] = value;
    return std::tuple(&m0, &m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13,
                      &m14, &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23);
  }
}
/// Pointers to all members.
template <class T>
constexpr auto members_of(T& value) {
  constexpr std::size_t count = count_members<std::remove_const_t<T>>();
  if constexpr (count == 0) {
    return std::tuple<>();
  } else if constexpr (count <= 12) {
    return few_members_of<count>(value);
  } else {
    return many_members_of<count>(value);
  }
}

template <class T>
using members_tuple = decltype(members_of(std::declval<T&>()));
template <class T, std::size_t I>
using member_type =
    std::remove_const_t<std::remove_pointer_t<std::tuple_element_t<I, members_tuple<T>>>>;

/// A T of these members, each converted to what it is there.
template <class T, class... Values>
concept made_of = aggregate<T> && sizeof...(Values) == count_members<T>() &&
                  []<std::size_t... I>(std::index_sequence<I...>) {
                    return (std::is_convertible_v<Values, member_type<T, I>> && ...);
                  }(std::index_sequence_for<Values...>{});
template <class T, class... Values>
T make(Values&&... values) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return T{static_cast<member_type<T, I>>(std::forward<Values>(values))...};
  }(std::index_sequence_for<Values...>{});
}

// Names: of an object that is declared and never defined only addresses are taken, and the compiler
// spells them out.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
struct wrapped {
  T value;
};
template <class T>
extern const wrapped<T> nowhere;

template <auto Pointer>
consteval std::string_view spelled() {
  return __PRETTY_FUNCTION__;
}

/// The last word of "...Target::degrees); std::string_view = ...]", of "...value.degrees]" or of
/// "...Colour::red; std::string_view = ...]".
consteval std::string_view last_word(std::string_view text) {
  std::size_t end = text.find("; std::string_view");
  if (end == std::string_view::npos) end = text.rfind(']');
  if (text[end - 1] == ')') --end;
  std::size_t begin = end;
  const auto is_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

template <class T>
consteval auto names_of_members() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    constexpr auto pointers = members_of(nowhere<T>.value);
    return std::array<std::string_view, sizeof...(I)>{
        last_word(spelled<std::get<I>(pointers)>())...};
  }(std::make_index_sequence<count_members<T>()>{});
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// The names of the members as they are written.
template <class T>
inline constexpr auto member_names = names_of_members<T>();

}  // namespace headway::detail
