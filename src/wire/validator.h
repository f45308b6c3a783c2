// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "wire/endian.h"
#include "wire/message.h"
#include "wire/types.h"

namespace headway::wire {

/// Number of bytes from `at` to the next multiple of `alignment`, a power of two.
[[nodiscard]] constexpr std::size_t padding_bytes(std::size_t at, std::size_t alignment) {
  return -at & (alignment - 1);
}

/// True if the bytes from `at` to the next multiple of sizeof(Word) are zero (WIRE-015). They must
/// be there. Reads the aligned word that ends with them, so that there is no loop.
template <class Word>
[[nodiscard]] bool is_zero_padding(const std::uint8_t* base, std::size_t at) {
  const std::size_t inside = at & (sizeof(Word) - 1);
  if (inside == 0) return true;
  const std::uint64_t word = load<Word>(base + (at - inside), ByteOrder::little);
  return word >> (8 * inside) == 0;
}

/// Walks over values and says whether they are well-formed. Positions count from the first of
/// `bytes`, which must be aligned as the message is. Signatures passed in must be valid.
///
/// Internal to wire: message headers and bodies share it. Recursion is bounded by value_depth_max;
/// time is linear in the bytes, however the types are nested.
class Validator {
 public:
  Validator(ByteOrder order, Bytes bytes, std::size_t at = 0)
      : data_(bytes.data()), size_(bytes.size()), at_(at), order_(order) {}

  /// One value per type. `depth` is the number of containers open around them.
  [[nodiscard]] bool values(std::string_view signature, int depth);
  [[nodiscard]] bool variant(int depth);

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return size_ - at_; }
  [[nodiscard]] Fault fault() const { return fault_; }

 private:
  class Types;

  bool fail(Fault fault) {
    fault_ = fault;
    return false;
  }
  template <class Word>
  bool align();
  template <class Word>
  bool number();
  bool length(std::size_t& value);
  bool boolean();
  bool string();
  bool object_path();
  bool signature(std::string_view& text);
  bool marshalled_text(std::size_t length, std::string_view& text);
  bool sequence(Types& types, std::size_t from, std::size_t to, int depth);
  bool container(Types& types, std::size_t at, int depth);
  bool array(Types& types, std::size_t element, int depth);
  bool fixed_array(char element, std::size_t bytes);

  const std::uint8_t* data_;
  std::size_t size_;  // inside an array: where it ends
  std::size_t at_;
  ByteOrder order_;
  Fault fault_ = Fault::truncated;
};

}  // namespace headway::wire
