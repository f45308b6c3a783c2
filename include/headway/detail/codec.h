// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "headway/detail/types.h"
#include "headway/fd.h"
#include "headway/message.h"
#include "headway/value.h"

/// Values to and from messages, by the tables of their types. In the library.
namespace headway::detail {

/// A body under way, in the native byte order. Its memory is used again.
struct output {
  output();
  output(output&&) noexcept = default;
  output& operator=(output&&) noexcept = default;
  ~output();

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

 private:
  static void decode_plain(const message& from, std::size_t& at, const type& type, void* value);
  /// Of a text that a message brought, which was checked with it.
  template <class Text>
  static void set(Text& into, std::string_view text) {
    into = Text();
    into.take(text);
  }
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
