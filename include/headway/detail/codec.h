// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "headway/detail/reflect.h"
#include "headway/fd.h"
#include "headway/message.h"
#include "headway/value.h"

/// How C++ types are D-Bus types. Templates make constant tables and a few small functions; one
/// encoder and one decoder in the library walk them, so that a type costs its users little to
/// compile.
namespace headway::detail {

/// Text that is put together at compile time.
template <std::size_t N>
struct text {
  std::array<char, N + 1> chars{};
  [[nodiscard]] constexpr std::string_view view() const { return {chars.data(), N}; }
};
template <std::size_t N>
text(const char (&)[N]) -> text<N - 1>;

template <std::size_t N>
consteval text<N - 1> lit(const char (&from)[N]) {
  text<N - 1> result;
  for (std::size_t i = 0; i < N; ++i) result.chars[i] = from[i];
  return result;
}
template <std::size_t... N>
constexpr auto joined(const text<N>&... parts) {
  text<(N + ... + 0)> result;
  std::size_t at = 0;
  [[maybe_unused]] const auto append = [&](std::string_view part) {
    for (const char c : part) result.chars[at++] = c;
  };
  (append(parts.view()), ...);
  return result;
}

enum class kind : std::uint8_t {
  byte,
  boolean,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  float64,  // by their size in memory
  string,
  string_view,
  object_path,
  fd,
  variant,
  array,
  dict,
  structure,
};

/// Tells the encoder of each element; of a dictionary both halves.
using visit = void (*)(void* context, const void* first, const void* second);
/// Gives the decoder room for the next element.
using fill = void (*)(void* context, void* first, void* second);

struct type {
  kind what;
  std::string_view signature;
  const type* first = nullptr;   // of elements, of keys
  const type* second = nullptr;  // of a dictionary's values
  // structs
  std::size_t count = 0;
  const type* const* members = nullptr;
  void (*addresses)(const void* object, const void** into) = nullptr;
  // containers
  void (*each)(const void* container, void* context, visit tell) = nullptr;
  void (*read)(void* container, void* context, bool (*more)(void* context), fill give) = nullptr;
};

// --- what each C++ type is ---

template <class T>
struct type_traits;

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
struct type_traits<unique_fd> : simple<kind::fd, 'h'> {};
template <>
struct type_traits<variant> : simple<kind::variant, 'v'> {};
template <class T>
  requires std::is_enum_v<T>
struct type_traits<T> : type_traits<std::underlying_type_t<T>> {};

template <class T>
inline constexpr type type_of = type_traits<T>::make();
template <class T>
constexpr const type& type_for() {
  return type_of<T>;
}

template <class T>
struct type_traits<std::vector<T>> {
  static constexpr auto signature = joined(lit("a"), type_traits<T>::signature);
  static constexpr type make() {
    return {.what = kind::array,
            .signature = signature.view(),
            .first = &type_of<T>,
            .each =
                [](const void* from, void* context, visit tell) {
                  for (const T& element : *static_cast<const std::vector<T>*>(from)) {
                    tell(context, &element, nullptr);
                  }
                },
            .read =
                [](void* into, void* context, bool (*more)(void*), fill give) {
                  auto& elements = *static_cast<std::vector<T>*>(into);
                  while (more(context)) {
                    T element{};
                    give(context, &element, nullptr);
                    elements.push_back(std::move(element));
                  }
                }};
  }
};

template <class Map>
struct dict_traits {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  static_assert(type_traits<K>::signature.view().size() == 1 &&
                    type_traits<K>::signature.view() != "v",
                "the keys of a dictionary are of a basic type");
  static constexpr auto signature =
      joined(lit("a{"), type_traits<K>::signature, type_traits<V>::signature, lit("}"));
  static constexpr type make() {
    return {.what = kind::dict,
            .signature = signature.view(),
            .first = &type_of<K>,
            .second = &type_of<V>,
            .each =
                [](const void* from, void* context, visit tell) {
                  for (const auto& [key, value] : *static_cast<const Map*>(from)) {
                    tell(context, &key, &value);
                  }
                },
            .read =
                [](void* into, void* context, bool (*more)(void*), fill give) {
                  while (more(context)) {
                    K key{};
                    V value{};
                    give(context, &key, &value);
                    static_cast<Map*>(into)->insert_or_assign(std::move(key), std::move(value));
                  }
                }};
  }
};
template <class K, class V, class C>
struct type_traits<std::map<K, V, C>> : dict_traits<std::map<K, V, C>> {};
template <class K, class V, class H, class E>
struct type_traits<std::unordered_map<K, V, H, E>> : dict_traits<std::unordered_map<K, V, H, E>> {};

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

template <aggregate T>
struct type_traits<T> {
  static constexpr auto signature = joined(lit("("), member_traits<T>::signature, lit(")"));
  static constexpr type make() {
    return {.what = kind::structure,
            .signature = signature.view(),
            .count = member_traits<T>::types.size(),
            .members = member_traits<T>::types.data(),
            .addresses = [](const void* object, const void** into) {
              std::apply([&](const auto*... member) { ((*into++ = member), ...); },
                         members_of(*static_cast<const T*>(object)));
            }};
  }
};
template <class... T>
struct type_traits<std::tuple<T...>> {
  static constexpr auto signature = joined(lit("("), list_traits<T...>::signature, lit(")"));
  static constexpr type make() {
    return {.what = kind::structure,
            .signature = signature.view(),
            .count = sizeof...(T),
            .members = list_traits<T...>::types.data(),
            .addresses = [](const void* object, const void** into) {
              std::apply([&](const T&... member) { ((*into++ = &member), ...); },
                         *static_cast<const std::tuple<T...>*>(object));
            }};
  }
};

template <class T>
concept carried = requires { type_traits<T>::signature; };

// --- to and from messages; in the library ---

/// A body under way, in the native byte order.
struct output {
  std::vector<std::uint8_t> body;
  std::vector<unique_fd> fds;
};

struct codec {
  /// Appends the value.
  static void encode(output& to, const type& type, const void* value);
  static void encode_variant(output& to, const detail::type& type, const void* value);
  /// Reads the value at `at`, whose type the caller has compared, and moves on.
  static void decode(const message& from, std::size_t& at, const type& type, void* value);

  static void encode(output& to, const variant& value);
  static void decode(const message& from, std::size_t& at, variant& value);
  static void set(object_path& path, std::string_view text) { path.text_ = text; }
};

/// Throws invalid_signature unless the message carries exactly these types.
void check_signature(const message& what, std::string_view wanted);

/// What a body is sent as. Texts are borrowed until make_message() returns.
struct envelope {
  message_type type = message_type::method_call;
  std::uint32_t reply_serial = 0;
  std::string_view destination = {};
  std::string_view path = {};
  std::string_view interface = {};
  std::string_view member = {};
  std::string_view error_name = {};
};
[[nodiscard]] message make_message(const envelope& around, std::string_view signature,
                                   output content);

}  // namespace headway::detail

namespace headway {

/// The D-Bus signature of a C++ type: signature_of<Target> == "(ds)".
template <detail::carried T>
inline constexpr std::string_view signature_of = detail::type_traits<T>::signature.view();

}  // namespace headway
