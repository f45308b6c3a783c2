// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/error.h"
#include "headway/fd.h"
#include "headway/names.h"

namespace headway {

namespace detail {
struct message_data;
void retain(message_data* data) noexcept;
void release(message_data* data) noexcept;
}  // namespace detail

class message_reader;

namespace detail {
/// Where in the body the reader stands.
std::size_t position_of(const message_reader& values) noexcept;
}  // namespace detail

enum class message_type : std::uint8_t {
  method_call = 1,
  method_return = 2,
  error = 3,
  signal = 4
};

/// Bits of a message's flags.
enum message_flag : std::uint8_t {
  no_reply_expected = 0x1,
  no_auto_start = 0x2,
  allow_interactive_authorization = 0x4,
};

/// One D-Bus message, received or built; it does not change any more. A handle: copies are cheap
/// and share the bytes, and any of them keeps every view into it alive. Texts that the message does
/// not have are empty. Copies may be used in several threads.
class message {
 public:
  message() noexcept = default;  // no message: only `bool` may be asked of it
  message(const message& other) noexcept : data_(other.data_) { detail::retain(data_); }
  message(message&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  message& operator=(message other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~message() { detail::release(data_); }
  explicit operator bool() const noexcept { return data_ != nullptr; }

  /// A whole message from its bytes, with the descriptors that belong to it. Checks everything.
  [[nodiscard]] static result<message> parse(std::span<const std::uint8_t> bytes,
                                             std::vector<unique_fd> fds = {});

  /// May be a number that has no name here: types up to 255 are legal.
  [[nodiscard]] message_type type() const noexcept;
  [[nodiscard]] std::uint8_t flags() const noexcept;
  [[nodiscard]] bool has(message_flag flag) const noexcept { return (flags() & flag) != 0; }
  [[nodiscard]] bool expects_reply() const noexcept;
  /// Given by the sender; 0 for a message that was built here.
  [[nodiscard]] std::uint32_t serial() const noexcept;
  [[nodiscard]] std::uint32_t reply_serial() const noexcept;

  [[nodiscard]] std::string_view path() const noexcept;
  [[nodiscard]] std::string_view interface() const noexcept;
  [[nodiscard]] std::string_view member() const noexcept;
  [[nodiscard]] std::string_view error_name() const noexcept;
  [[nodiscard]] std::string_view destination() const noexcept;
  [[nodiscard]] std::string_view sender() const noexcept;
  [[nodiscard]] std::string_view signature() const noexcept;

  /// The values, one after the other.
  [[nodiscard]] message_reader body() const;
  /// The message as it travels. Of a message built here the serial is not yet the one it will have.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept;
  /// What came beside the bytes; values of type `h` say which.
  [[nodiscard]] std::span<const unique_fd> fds() const noexcept;
  /// An error reply as an error: its name and, if it begins with one, its text.
  [[nodiscard]] error to_error() const;

 private:
  friend struct detail::message_data;
  explicit message(detail::message_data* data) noexcept : data_(data) {}

  detail::message_data* data_ = nullptr;
};

/// Walks over the values of a message, whatever their types. It asks what comes next and reads it;
/// reading anything else throws error_name::invalid_signature. Views are into the message, which
/// the reader keeps alive.
///
///     void print(message_reader& values) {
///       while (!values.at_end()) {
///         switch (values.type()) {
///           case 's': std::cout << values.string(); break;
///           case 'a': values.enter(); print(values); values.leave(); break; ...
class message_reader {
 public:
  /// Nothing left in this message, or in the container that was entered.
  [[nodiscard]] bool at_end() const noexcept;
  /// The first character of type_signature(); 0 at the end.
  [[nodiscard]] char type() const noexcept;
  /// The complete type of the next value: "s", "a{sv}"; empty at the end.
  [[nodiscard]] std::string_view type_signature() const noexcept;

  std::uint8_t byte();
  bool boolean();
  std::int16_t int16();
  std::uint16_t uint16();
  std::int32_t int32();
  std::uint32_t uint32();
  std::int64_t int64();
  std::uint64_t uint64();
  double float64();
  std::string_view string();
  std::string_view object_path();
  std::string_view signature();
  /// Still the message's; -1 if its index is beyond what came.
  int fd();
  /// A whole `ay`.
  std::span<const std::uint8_t> bytes();

  /// Steps into the array, struct, dict entry or variant that comes next.
  void enter();
  /// Steps out behind it, however much of it was read.
  void leave();
  /// Passes over the next value.
  void skip();

 private:
  friend class message;
  friend std::size_t detail::position_of(const message_reader& values) noexcept;
  explicit message_reader(message source);
  void expect(char type);
  void finish_value() noexcept;
  template <class T, class Read>
  T take(char type, Read read);

  struct frame {
    std::string_view types;  // of the container around, behind this one
    std::size_t outer_end;
    bool outer_is_array;
  };

  message message_;
  std::size_t at_ = 0;      // in the body
  std::string_view types_;  // not read yet; in an array: of its elements
  std::size_t end_ = 0;     // where the array ends
  bool is_array_ = false;
  std::vector<frame> around_;
};

/// Builds one message: first what it is, then its values in order, then build().
///
///     message ping = message_builder::method_call("org.example.A", "/", "org.example.I", "Set")
///         .string("key").open_variant("u").uint32(5).close().build();
///
/// A name, path or text that D-Bus does not allow, or a value that the open container does not
/// expect, throws error_name::invalid_args and says which.
class message_builder {
 public:
  /// `destination` and `interface` may be empty.
  [[nodiscard]] static message_builder method_call(bus_name_or_none destination, path_text path,
                                                   interface_name_or_none interface,
                                                   member_name member);
  [[nodiscard]] static message_builder signal(path_text path, interface_name interface,
                                              member_name member);
  [[nodiscard]] static message_builder method_return(const message& call);
  /// With `text` as first value.
  [[nodiscard]] static message_builder error_reply(const message& call, error_name_text name,
                                                   std::string_view text);

  /// For a signal to one peer.
  message_builder& destination(bus_name name);
  /// Without a bus between them peers may say who they are; a bus overwrites it.
  message_builder& sender(bus_name name);
  /// Adds flags.
  message_builder& flags(std::uint8_t flags);

  message_builder& byte(std::uint8_t value);
  message_builder& boolean(bool value);
  message_builder& int16(std::int16_t value);
  message_builder& uint16(std::uint16_t value);
  message_builder& int32(std::int32_t value);
  message_builder& uint32(std::uint32_t value);
  message_builder& int64(std::int64_t value);
  message_builder& uint64(std::uint64_t value);
  message_builder& float64(double value);
  message_builder& string(std::string_view value);
  message_builder& object_path(path_text value);
  message_builder& signature(signature_text value);
  /// The message owns it from now on; the other keeps a duplicate of one that stays the caller's.
  message_builder& fd(unique_fd value);
  message_builder& fd(int borrowed);
  /// A whole `ay`.
  message_builder& bytes(std::span<const std::uint8_t> value);
  /// Copies the value, with all in it, that `values` comes to next.
  message_builder& copy(message_reader& values);

  /// Containers are opened with the types of what goes in and closed when it is in: an array with
  /// the type of its elements ("{sv}" makes a dictionary), a variant with that of its value, a
  /// struct with those of its members. Inside a container that says it already, a struct or dict
  /// entry need not.
  message_builder& open_array(element_type element);
  message_builder& open_struct(signature_text members = {});
  message_builder& open_dict_entry();
  message_builder& open_variant(complete_type type);
  message_builder& close();

  /// The message; the builder is spent.
  [[nodiscard]] message build();

 private:
  struct frame {
    std::string_view rest() const { return std::string_view(types).substr(at); }
    std::string types;          // of the values in it; in an array: of one element
    std::size_t at = 0;         // of the next value's
    char kind = 0;              // 'a' '(' '{' 'v'
    std::size_t length_at = 0;  // of an array
    std::size_t first_at = 0;
  };

  explicit message_builder(message_type type) : type_(type) {}
  void expect(std::string_view type);
  void open(char kind, std::string_view type, std::string_view inside);
  [[nodiscard]] std::string fault_of_names() const;
  template <class Write>
  message_builder& put(char type, Write write);

  message_type type_;
  std::uint8_t flags_ = 0;
  std::uint32_t reply_serial_ = 0;
  std::string path_;
  std::string interface_;
  std::string member_;
  std::string error_name_;
  std::string destination_;
  std::string sender_;
  std::string signature_;
  std::vector<std::uint8_t> body_;
  std::vector<unique_fd> fds_;
  std::vector<frame> open_;
};

}  // namespace headway
