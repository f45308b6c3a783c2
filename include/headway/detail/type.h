// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// What a C++ type is to D-Bus, as a constant table. Templates make the tables (types.h); one
/// encoder and one decoder in the library walk them (codec.h), so that a type costs its users
/// little to compile.
namespace headway::detail {

/// Text that is put together at compile time.
template <std::size_t N>
struct text {
  std::array<char, N + 1> chars{};
  [[nodiscard]] constexpr std::string_view view() const { return {chars.data(), N}; }
};

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
  signature,
  fd,
  bytes,  // a whole `ay`
  variant,
  array,
  dict,
  structure,
  options,   // a dictionary made of a struct
  optional,  // a member of that which may be absent
  others,    // a member of that which takes what has no member
  one_of,    // a variant of known types
  stand_in,  // carried as another type
};

/// Tells the encoder of each element; of a dictionary both halves, of `one_of` value and type.
using visit = void (*)(void* context, const void* first, const void* second);
/// Gives the decoder room for the next element.
using fill = void (*)(void* context, void* first, void* second);
/// Whether there is another element.
using more = bool (*)(void* context);

struct type {
  kind what;
  std::string_view signature;
  const type* first = nullptr;   // of elements, of keys, of what stands in
  const type* second = nullptr;  // of a dictionary's values
  // members of structs, alternatives of `one_of`
  std::size_t count = 0;
  const type* const* members = nullptr;
  const std::string_view* keys = nullptr;  // of `options`
  void (*addresses)(const void* object, const void** into) = nullptr;
  void* (*choose)(void* one_of, std::size_t alternative) = nullptr;
  // containers, and what is in some way one
  void (*each)(const void* container, void* context, visit tell) = nullptr;
  void (*read)(void* container, void* context, more another, fill give) = nullptr;
  // bytes
  std::span<const std::uint8_t> (*bytes)(const void* value) = nullptr;
  void (*set_bytes)(void* value, std::span<const std::uint8_t> bytes) = nullptr;
};

/// An array of fixed length got another number of elements.
[[noreturn]] void refuse_length(std::size_t wanted);
/// A text is none of an enumeration's.
[[noreturn]] void refuse_text(std::string_view text, std::span<const std::string_view> known);
/// A number is none of an enumeration's.
[[noreturn]] void refuse_enumerator(std::int64_t number);

}  // namespace headway::detail
