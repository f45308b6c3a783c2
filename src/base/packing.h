// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace headway {

/// What processes of ours say to each other: numbers as they lie in memory, texts and lists behind
/// their length.
class Packer {
 public:
  void number(std::uint32_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void flag(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what a Packer wrote, or any other bytes. Once something is missing, everything that
/// follows reads as zero, and done() says so.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number() {
    std::uint32_t value = 0;
    const std::string_view bytes = take(sizeof(value));
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  bool flag() {
    const std::string_view byte = take(1);
    if (!byte.empty() && byte[0] != '\0' && byte[0] != '\1') failed_ = true;
    return !failed_ && byte[0] == '\1';
  }
  std::string text() { return std::string(take(number())); }
  /// How many elements follow, each of at least `element_bytes`.
  std::uint32_t count(std::size_t element_bytes) {
    const std::uint32_t value = number();
    if (value > rest_.size() / element_bytes) failed_ = true;
    return failed_ ? 0 : value;
  }
  /// One of those that go from 0 to `last`.
  template <class Enum>
  Enum enumerator(Enum last) {
    const std::uint32_t value = number();
    if (value > static_cast<std::uint32_t>(last)) failed_ = true;
    return failed_ ? Enum{} : static_cast<Enum>(value);
  }
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }
  void fail() { failed_ = true; }

 private:
  std::string_view take(std::size_t bytes) {
    if (failed_ || bytes > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace headway
