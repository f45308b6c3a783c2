// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/types.h"

namespace headway::wire {

/// Appends values to a message body in the order of its signature. Writing what the signature does
/// not say is a bug of the caller; the writer only knows alignment and byte order.
///
///     writer.string("x"); auto dict = writer.open_array('{'); ... writer.close_array(dict);
class BodyWriter {
 public:
  /// `out` must be empty or hold a body so far: offsets count from its first byte (WIRE-014).
  explicit BodyWriter(std::vector<std::uint8_t>& out, ByteOrder order = native_order)
      : out_(out), order_(order) {}

  void byte(std::uint8_t value);
  void boolean(bool value);
  void int16(std::int16_t value);
  void uint16(std::uint16_t value);
  void int32(std::int32_t value);
  void uint32(std::uint32_t value);
  void int64(std::int64_t value);
  void uint64(std::uint64_t value);
  void float64(double value);
  void string(std::string_view value);     // also for object paths
  void signature(std::string_view value);  // also the first half of a variant
  void begin_struct();                     // also for a dict entry: only alignment
  void bytes(Bytes value);                 // a whole `ay`

  struct Array {
    std::size_t length_at;
    std::size_t first_at;
  };
  /// `element` is the first character of the element's type.
  [[nodiscard]] Array open_array(char element);
  void close_array(Array array);

 private:
  void pad(std::size_t alignment);
  template <class T>
  void put(T value);

  std::vector<std::uint8_t>& out_;
  ByteOrder order_;
};

/// Reads a body that validate_body() has accepted. Reading another type than the signature says is
/// a bug of the caller; past the end every read gives 0 or "".
class BodyReader {
 public:
  /// Starts at the first value, or at one whose offset() an earlier reader told.
  BodyReader(ByteOrder order, Bytes body, std::size_t at = 0)
      : order_(order), body_(body), at_(at) {}

  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] bool boolean() { return uint32() != 0; }
  [[nodiscard]] std::uint16_t uint16();
  [[nodiscard]] std::uint32_t uint32();
  [[nodiscard]] std::uint64_t uint64();
  [[nodiscard]] double float64();
  [[nodiscard]] std::string_view string();
  [[nodiscard]] std::string_view signature();
  void begin_struct();

  /// Enters an array; returns the offset at which it ends, for `at_end(offset)`.
  [[nodiscard]] std::size_t open_array(char element);
  [[nodiscard]] bool at_end(std::size_t offset) const { return at_ >= offset; }

  /// Skips one value of the complete type that `signature` starts with.
  void skip(std::string_view signature);

  /// Bytes read so far.
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  void align(std::size_t alignment);
  template <class T>
  T get();
  std::string_view text(std::size_t length);
  void skip_first(std::string_view& signature, int depth);
  void skip_container(char type, std::string_view& signature, int depth);

  ByteOrder order_;
  Bytes body_;
  std::size_t at_;
};

/// The string-like top-level arguments of a body, for match rules (MATCH-013 .. MATCH-015).
/// Lazy: argument N costs a walk over those before it, once. Never allocates.
class Arguments {
 public:
  Arguments(ByteOrder order, std::string_view signature, Bytes body)
      : reader_(order, body), signature_(signature) {}
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  struct Text {
    char type = 0;  // 's', 'o' or 'g'; 0 when the argument is absent or of another type
    std::string_view value;
  };
  /// `index` is 0 .. 63.
  [[nodiscard]] Text at(std::size_t index);

 private:
  BodyReader reader_;
  std::string_view signature_;  // of the arguments not walked yet

  struct Argument {
    char type;
    const char* data;
    std::size_t size;
  };
  std::size_t count_ = 0;
  std::array<Argument, arguments_max> walked_;  // the first count_ are set; the rest costs nothing
};

}  // namespace headway::wire
