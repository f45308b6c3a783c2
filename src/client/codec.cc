// SPDX-License-Identifier: MIT
#include "headway/detail/codec.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"
#include "client/message_data.h"
#include "wire/body.h"
#include "wire/build.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace headway {

object_path::object_path(std::string_view text) : text_(text) {
  if (!wire::is_object_path(text)) {
    throw error(error_name::invalid_args, fmt::format("\"{}\" is not an object path", text));
  }
}

std::string_view variant::signature_of_type(const detail::type& type) { return type.signature; }

std::string_view variant::signature() const {
  return type_ != nullptr ? type_->signature : source_type_;
}

namespace detail {
namespace {

constexpr std::size_t members_on_stack = members_max;
constexpr std::size_t head_bytes_usual = 256;  // so that it is allocated once
constexpr std::size_t body_bytes_usual = 64;

template <class T>
T& as(void* value) {
  return *static_cast<T*>(value);
}
template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

/// Enums are numbers to the codec, but not to the compiler.
template <class T>
T number(const void* value) {
  T result;
  std::memcpy(&result, value, sizeof(result));
  return result;
}
template <class T>
void set_number(void* value, T number) {
  std::memcpy(value, &number, sizeof(number));
}

unique_fd duplicate(int fd) {
  unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) {
    throw error(error_name::invalid_args,
                fmt::format("a descriptor cannot be passed: {}", std::strerror(errno)));
  }
  return copy;
}

/// The addresses of a struct's members.
struct Members {
  Members(const type& type, const void* object) {
    HEADWAY_ASSERT(type.count <= members_on_stack);
    type.addresses(object, at.data());
  }
  std::array<const void*, members_on_stack> at;
};

struct Writing {
  output& to;
  const type& of;
};

void write_elements(output& to, const type& type, const void* value) {
  wire::BodyWriter writer(to.body);
  const bool is_dict = type.what == kind::dict;
  const auto array = writer.open_array(is_dict ? '{' : type.first->signature.front());
  Writing context{to, type};
  type.each(value, &context, [](void* raw, const void* first, const void* second) {
    const Writing& writing = as<Writing>(raw);
    if (second != nullptr) wire::BodyWriter(writing.to.body).begin_struct();
    codec::encode(writing.to, *writing.of.first, first);
    if (second != nullptr) codec::encode(writing.to, *writing.of.second, second);
  });
  writer.close_array(array);
}

/// What a variant that was received holds, into another message.
void write_again(output& to, const message& from, std::size_t& at, std::string_view types);

void write_one_again(output& to, const message& from, std::size_t& at, std::string_view type) {
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader reader(view.order, view.body(), at);
  wire::BodyWriter writer(to.body);
  const char code = type.front();
  switch (code) {
    case 'y':
      writer.byte(reader.byte());
      break;
    case 'b':
    case 'i':
    case 'u':
      writer.uint32(reader.uint32());
      break;
    case 'n':
    case 'q':
      writer.uint16(reader.uint16());
      break;
    case 'x':
    case 't':
    case 'd':
      writer.uint64(reader.uint64());
      break;
    case 's':
    case 'o':
      writer.string(reader.string());
      break;
    case 'g':
      writer.signature(reader.signature());
      break;
    case 'h': {
      const std::uint32_t index = reader.uint32();
      writer.uint32(static_cast<std::uint32_t>(to.fds.size()));
      to.fds.push_back(duplicate(index < from.fds().size() ? from.fds()[index].get() : -1));
      break;
    }
    case 'v': {
      const std::string_view inner = reader.signature();
      writer.signature(inner);
      at = reader.offset();
      return write_one_again(to, from, at, inner);
    }
    case 'a': {
      const std::string_view element = type.substr(1);
      const auto array = writer.open_array(element.front());
      const std::size_t end = reader.open_array(element.front());
      at = reader.offset();
      while (at < end) write_one_again(to, from, at, element);
      return writer.close_array(array);
    }
    default:
      reader.begin_struct();
      writer.begin_struct();
      at = reader.offset();
      return write_again(to, from, at, type.substr(1, type.size() - 2));
  }
  at = reader.offset();
}

void write_again(output& to, const message& from, std::size_t& at, std::string_view types) {
  while (!types.empty()) {
    const std::size_t length = wire::complete_type_length(types);
    write_one_again(to, from, at, types.substr(0, length));
    types.remove_prefix(length);
  }
}

struct Reading {
  const message& from;
  std::size_t& at;
  std::size_t end;
  const type& of;
};

void read_elements(const message& from, std::size_t& at, const type& type, void* value) {
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader reader(view.order, view.body(), at);
  const std::size_t end =
      reader.open_array(type.what == kind::dict ? '{' : type.first->signature.front());
  at = reader.offset();
  Reading context{from, at, end, type};
  type.read(
      value, &context,
      [](void* raw) {
        const Reading& reading = as<Reading>(raw);
        return reading.at < reading.end;
      },
      [](void* raw, void* first, void* second) {
        const Reading& reading = as<Reading>(raw);
        if (second != nullptr) reading.at = (reading.at + 7) & ~std::size_t{7};
        codec::decode(reading.from, reading.at, *reading.of.first, first);
        if (second != nullptr) {
          codec::decode(reading.from, reading.at, *reading.of.second, second);
        }
      });
}

}  // namespace

void codec::encode(output& to, const type& type, const void* value) {
  if (to.body.empty()) to.body.reserve(body_bytes_usual);
  wire::BodyWriter writer(to.body);
  switch (type.what) {
    case kind::byte:
      return writer.byte(number<std::uint8_t>(value));
    case kind::boolean:
      return writer.boolean(number<bool>(value));
    case kind::int16:
      return writer.int16(number<std::int16_t>(value));
    case kind::uint16:
      return writer.uint16(number<std::uint16_t>(value));
    case kind::int32:
      return writer.int32(number<std::int32_t>(value));
    case kind::uint32:
      return writer.uint32(number<std::uint32_t>(value));
    case kind::int64:
      return writer.int64(number<std::int64_t>(value));
    case kind::uint64:
      return writer.uint64(number<std::uint64_t>(value));
    case kind::float64:
      return writer.float64(number<double>(value));
    case kind::string:
      return writer.string(as<std::string>(value));
    case kind::string_view:
      return writer.string(as<std::string_view>(value));
    case kind::object_path:
      return writer.string(as<object_path>(value).str());
    case kind::fd:
      writer.uint32(static_cast<std::uint32_t>(to.fds.size()));
      to.fds.push_back(duplicate(as<unique_fd>(value).get()));
      return;
    case kind::variant:
      return encode(to, as<variant>(value));
    case kind::array:
    case kind::dict:
      return write_elements(to, type, value);
    case kind::structure: {
      writer.begin_struct();
      const Members members(type, value);
      for (std::size_t i = 0; i < type.count; ++i) encode(to, *type.members[i], members.at[i]);
      return;
    }
  }
}

void codec::encode_variant(output& to, const detail::type& type, const void* value) {
  wire::BodyWriter(to.body).signature(type.signature);
  encode(to, type, value);
}

void codec::encode(output& to, const variant& value) {
  if (value.type_ != nullptr) return encode_variant(to, *value.type_, value.value_.get());
  if (!value.source_) throw error(error_name::invalid_args, "a variant that holds nothing");
  wire::BodyWriter(to.body).signature(value.source_type_);
  std::size_t at = value.source_at_;
  write_one_again(to, value.source_, at, value.source_type_);
}

void codec::decode(const message& from, std::size_t& at, const type& type, void* value) {
  if (type.what == kind::array || type.what == kind::dict) {
    return read_elements(from, at, type, value);
  }
  if (type.what == kind::variant) return decode(from, at, as<variant>(value));
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader reader(view.order, view.body(), at);
  switch (type.what) {
    case kind::byte:
      set_number<std::uint8_t>(value, reader.byte());
      break;
    case kind::boolean:
      set_number<bool>(value, reader.boolean());
      break;
    case kind::int16:
    case kind::uint16:
      set_number<std::uint16_t>(value, reader.uint16());
      break;
    case kind::int32:
    case kind::uint32:
      set_number<std::uint32_t>(value, reader.uint32());
      break;
    case kind::int64:
    case kind::uint64:
      set_number<std::uint64_t>(value, reader.uint64());
      break;
    case kind::float64:
      set_number<double>(value, reader.float64());
      break;
    case kind::string:
      as<std::string>(value) = reader.string();
      break;
    case kind::string_view:
      as<std::string_view>(value) = reader.string();
      break;
    case kind::object_path:
      set(as<object_path>(value), reader.string());
      break;
    case kind::fd: {
      const std::uint32_t index = reader.uint32();
      as<unique_fd>(value) = duplicate(index < from.fds().size() ? from.fds()[index].get() : -1);
      break;
    }
    case kind::variant:
    case kind::array:
    case kind::dict:
      break;
    case kind::structure: {
      reader.begin_struct();
      at = reader.offset();
      const Members members(type, value);
      for (std::size_t i = 0; i < type.count; ++i) {
        decode(from, at, *type.members[i], const_cast<void*>(members.at[i]));
      }
      return;
    }
  }
  at = reader.offset();
}

void codec::decode(const message& from, std::size_t& at, variant& value) {
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader reader(view.order, view.body(), at);
  value = variant();
  value.source_ = from;
  value.source_type_ = reader.signature();
  value.source_at_ = reader.offset();
  reader.skip(value.source_type_);
  at = reader.offset();
}

void check_signature(const message& what, std::string_view wanted) {
  if (what.signature() == wanted) [[likely]]
    return;
  throw error(error_name::invalid_signature,
              fmt::format("\"{}\" came where \"{}\" is wanted", what.signature(), wanted));
}

message make_message(const envelope& around, std::string_view signature, output content) {
  auto data = std::make_unique<message_data>();
  const bool is_call = around.type == message_type::method_call;
  data->built.reserve(head_bytes_usual + content.body.size());
  wire::build_message({.type = static_cast<wire::MessageType>(around.type),
                       .flags = is_call ? std::uint8_t{0} : std::uint8_t{no_reply_expected},
                       .serial = 1,
                       .reply_serial = around.reply_serial,
                       .unix_fds = static_cast<std::uint32_t>(content.fds.size()),
                       .path = around.path,
                       .interface = around.interface,
                       .member = around.member,
                       .error_name = around.error_name,
                       .destination = around.destination,
                       .signature = signature},
                      content.body, data->built);
  const auto parsed = wire::parse_message(data->built);
  if (!parsed) throw error(error_name::invalid_args, wire::describe(parsed.error()));
  data->view = *parsed;
  data->view.serial = 0;
  data->fds = std::move(content.fds);
  return message_data::handle(data.release());
}

}  // namespace detail

void variant::read(const detail::type& wanted, void* into) const {
  if (signature() != wanted.signature) {
    throw error(
        error_name::invalid_signature,
        fmt::format("a variant holds \"{}\" and \"{}\" is wanted", signature(), wanted.signature));
  }
  if (type_ == nullptr) {
    std::size_t at = source_at_;
    return detail::codec::decode(source_, at, wanted, into);
  }
  // Two C++ types may be one D-Bus type: through a message.
  detail::output content;
  detail::codec::encode(content, *type_, value_.get());
  const message copy =
      detail::make_message({.type = message_type::method_return, .reply_serial = 1},
                           type_->signature, std::move(content));
  std::size_t at = 0;
  detail::codec::decode(copy, at, wanted, into);
}

}  // namespace headway
