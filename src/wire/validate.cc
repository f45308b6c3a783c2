// SPDX-License-Identifier: MIT
#include <cstring>

#include "base/utf8.h"
#include "wire/names.h"
#include "wire/signature.h"
#include "wire/validator.h"

namespace headway::wire {
namespace {

/// True if every byte is 0x01 .. 0x7F; false may still be a good string.
template <class Block>
bool is_plain_block(const std::uint8_t* at) {
  constexpr auto ones = static_cast<Block>(0x0101010101010101u);
  constexpr auto tops = static_cast<Block>(0x8080808080808080u);
  Block block;
  std::memcpy(&block, at, sizeof block);
  return (((block - ones) | block) & tops) == 0;
}

using Sixteen = std::int8_t __attribute__((vector_size(16)));

bool is_plain_long(const std::uint8_t* at, std::size_t size) {
  Sixteen bad{};
  Sixteen block;
  for (const std::uint8_t* last = at + size - sizeof block;; at += sizeof block) {
    if (at > last) at = last;  // overlaps the block before
    std::memcpy(&block, at, sizeof block);
    bad |= block <= 0;
    if (at == last) break;
  }
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), &bad, sizeof words);
  return (words[0] | words[1]) == 0;
}

bool is_plain(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  const std::uint8_t* const first = bytes.data();
  const std::size_t size = bytes.size();
  if (size >= 16) return is_plain_long(first, size);
  if (size >= 8) {
    return is_plain_block<std::uint64_t>(first) && is_plain_block<std::uint64_t>(first + size - 8);
  }
  if (size >= 4) {
    return is_plain_block<std::uint32_t>(first) && is_plain_block<std::uint32_t>(first + size - 4);
  }
  for (const std::uint8_t byte : bytes) {
    if (byte == 0 || byte > 0x7F) return false;
  }
  return true;
}

/// WIRE-018 and WIRE-019, without the terminating NUL.
bool is_string(std::string_view text) {
  return is_plain(text) ||
         (std::memchr(text.data(), 0, text.size()) == nullptr && is_utf8(as_bytes(text)));
}

}  // namespace

/// A valid signature and, once somebody asks, where each of its types ends: without that table, an
/// array of empty arrays would cost a walk over the signature per four bytes.
class Validator::Types {
 public:
  explicit Types(std::string_view text) : text_(text) {}

  [[nodiscard]] char operator[](std::size_t at) const { return text_[at]; }

  /// Index past the complete type that starts at `at`.
  [[nodiscard]] std::size_t end_of(std::size_t at) {
    if (text_[at] != 'a' && text_[at] != '(' && text_[at] != '{') return at + 1;
    if (!measured_) measure();
    return ends_[at];
  }

 private:
  void measure() {
    std::array<std::uint8_t, 2 * signature_depth_max> closing;
    std::size_t open = 0;
    for (std::size_t at = text_.size(); at-- > 0;) {
      switch (text_[at]) {
        case ')':
        case '}':
          closing[open++] = static_cast<std::uint8_t>(at);
          break;
        case '(':
        case '{':
          ends_[at] = static_cast<std::uint8_t>(closing[--open] + 1);
          break;
        case 'a':
          ends_[at] = ends_[at + 1];
          break;
        default:
          ends_[at] = static_cast<std::uint8_t>(at + 1);
          break;
      }
    }
    measured_ = true;
  }

  std::string_view text_;
  bool measured_ = false;
  std::array<std::uint8_t, signature_bytes_max> ends_;  // not set before measure()
};

template <class Word>
[[gnu::always_inline]] inline bool Validator::align() {
  if (padding_bytes(at_, sizeof(Word)) > left()) return fail(Fault::truncated);
  if (!is_zero_padding<Word>(data_, at_)) return fail(Fault::padding);
  at_ += padding_bytes(at_, sizeof(Word));
  return true;
}

template <class Word>
[[gnu::always_inline]] inline bool Validator::number() {
  if (!align<Word>()) return false;
  if (left() < sizeof(Word)) return fail(Fault::truncated);
  at_ += sizeof(Word);
  return true;
}

[[gnu::always_inline]] inline bool Validator::length(std::size_t& value) {
  if (!number<std::uint32_t>()) return false;
  value = load<std::uint32_t>(data_ + at_ - sizeof(std::uint32_t), order_);
  return true;
}

bool Validator::boolean() {
  std::size_t value = 0;
  if (!length(value)) return false;
  return value <= 1 || fail(Fault::boolean);
}

[[gnu::always_inline]] inline bool Validator::marshalled_text(std::size_t length,
                                                              std::string_view& text) {
  if (left() <= length) return fail(Fault::truncated);
  if (data_[at_ + length] != 0) return fail(Fault::string);
  text = as_text({data_ + at_, length});
  at_ += length + 1;
  return true;
}

bool Validator::string() {
  std::size_t bytes = 0;
  std::string_view text;
  if (!length(bytes) || !marshalled_text(bytes, text)) return false;
  return is_string(text) || fail(Fault::string);
}

bool Validator::object_path() {
  std::size_t bytes = 0;
  std::string_view text;
  if (!length(bytes) || !marshalled_text(bytes, text)) return false;
  return is_object_path(text) || fail(Fault::object_path);
}

bool Validator::signature(std::string_view& text) {
  if (!number<std::uint8_t>()) return false;
  return marshalled_text(data_[at_ - 1], text);
}

bool Validator::values(std::string_view signature, int depth) {
  Types types(signature);
  return sequence(types, 0, signature.size(), depth);
}

bool Validator::sequence(Types& types, std::size_t from, std::size_t to, int depth) {
  for (std::size_t at = from; at < to; at = types.end_of(at)) {
    bool good = false;
    switch (types[at]) {
      case 'y':
        good = number<std::uint8_t>();
        break;
      case 'n':
      case 'q':
        good = number<std::uint16_t>();
        break;
      case 'i':
      case 'u':
      case 'h':
        good = number<std::uint32_t>();
        break;
      case 'x':
      case 't':
      case 'd':
        good = number<std::uint64_t>();
        break;
      case 'b':
        good = boolean();
        break;
      case 's':
        good = string();
        break;
      case 'o':
        good = object_path();
        break;
      case 'g': {
        std::string_view text;
        good = signature(text) && (is_signature(text) || fail(Fault::signature));
        break;
      }
      case 'v':
        good = variant(depth);
        break;
      default:
        good = container(types, at, depth);
        break;
    }
    if (!good) return false;
  }
  return true;
}

bool Validator::variant(int depth) {
  if (depth >= value_depth_max) return fail(Fault::depth);
  std::string_view text;
  if (!signature(text)) return false;
  if (!is_single_complete_type(text)) return fail(Fault::variant);
  return values(text, depth + 1);
}

bool Validator::container(Types& types, std::size_t at, int depth) {
  if (depth >= value_depth_max) return fail(Fault::depth);
  if (types[at] == 'a') return array(types, at + 1, depth + 1);
  return align<std::uint64_t>() && sequence(types, at + 1, types.end_of(at) - 1, depth + 1);
}

bool Validator::array(Types& types, std::size_t element, int depth) {
  std::size_t bytes = 0;
  if (!length(bytes)) return false;
  if (bytes > array_bytes_max) return fail(Fault::array_length);
  if (alignment_of(types[element]) == 8 && !align<std::uint64_t>()) return false;
  if (bytes > left()) return fail(Fault::truncated);
  if (fixed_size_of(types[element]) != 0) return fixed_array(types[element], bytes);

  // Nothing in the array may reach beyond it, so its end is the end of the world meanwhile.
  const std::size_t size_outside = size_;
  size_ = at_ + bytes;
  const std::size_t element_end = types.end_of(element);
  while (at_ < size_) {
    if (!sequence(types, element, element_end, depth)) return false;
  }
  size_ = size_outside;
  return true;
}

/// Only booleans can be wrong by value (WIRE-016); the others are not visited (WIRE-029).
bool Validator::fixed_array(char element, std::size_t bytes) {
  if (bytes % fixed_size_of(element) != 0) return fail(Fault::array_length);
  const std::size_t end = at_ + bytes;
  if (element == 'b') {
    std::uint32_t all = 0;
    for (std::size_t at = at_; at < end; at += sizeof all) {
      all |= load<std::uint32_t>(data_ + at, order_);
    }
    if (all > 1) return fail(Fault::boolean);
  }
  at_ = end;
  return true;
}

std::expected<void, Fault> validate_body(ByteOrder order, std::string_view signature, Bytes body) {
  Validator validator(order, body);
  if (!validator.values(signature, 0)) return std::unexpected(validator.fault());
  if (validator.left() != 0) return std::unexpected(Fault::body_length);
  return {};
}

}  // namespace headway::wire
