// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/utf8.h"
#include "client/assemble.h"
#include "headway/message.h"
#include "wire/body.h"
#include "wire/message.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace headway {
namespace {

[[noreturn]] void refuse(std::string_view text) { throw error(error_name::invalid_args, text); }

wire::BodyWriter::Array array_of(std::size_t length_at, std::size_t first_at) {
  return {.length_at = length_at, .first_at = first_at};
}

}  // namespace

message_builder message_builder::method_call(bus_name_or_none destination, path_text path,
                                             interface_name_or_none interface, member_name member) {
  message_builder builder(message_type::method_call);
  builder.destination_ = destination.view();
  builder.path_ = path.view();
  builder.interface_ = interface.view();
  builder.member_ = member.view();
  return builder;
}

message_builder message_builder::signal(path_text path, interface_name interface,
                                        member_name member) {
  message_builder builder(message_type::signal);
  builder.path_ = path.view();
  builder.interface_ = interface.view();
  builder.member_ = member.view();
  return builder;
}

message_builder message_builder::method_return(const message& call) {
  message_builder builder(message_type::method_return);
  builder.destination_ = call.sender();
  builder.reply_serial_ = call.serial();
  builder.flags_ = no_reply_expected;
  return builder;
}

message_builder message_builder::error_reply(const message& call, error_name_text name,
                                             std::string_view text) {
  message_builder builder(message_type::error);
  builder.destination_ = call.sender();
  builder.reply_serial_ = call.serial();
  builder.flags_ = no_reply_expected;
  builder.error_name_ = name.view();
  builder.string(text);
  return builder;
}

message_builder& message_builder::destination(bus_name name) {
  destination_ = name.view();
  return *this;
}
message_builder& message_builder::sender(bus_name name) {
  sender_ = name.view();
  return *this;
}
message_builder& message_builder::flags(std::uint8_t flags) {
  flags_ |= flags;
  return *this;
}

/// Notes that a value of this complete type comes next, if it may.
void message_builder::expect(std::string_view type) {
  if (open_.empty()) {
    signature_ += type;
    return;
  }
  frame& inside = open_.back();
  const std::string_view wanted = inside.rest();
  if (!wanted.starts_with(type)) {
    refuse(fmt::format("a value of type '{}' where '{}' wants {}", type, inside.types,
                       wanted.empty() ? "no more" : fmt::format("'{}'", wanted)));
  }
  if (inside.kind != 'a') inside.at += type.size();
}

template <class Write>
message_builder& message_builder::put(char type, Write write) {
  expect({&type, 1});
  wire::BodyWriter writer(body_);
  write(writer);
  return *this;
}

message_builder& message_builder::byte(std::uint8_t value) {
  return put('y', [=](auto& w) { w.byte(value); });
}
message_builder& message_builder::boolean(bool value) {
  return put('b', [=](auto& w) { w.boolean(value); });
}
message_builder& message_builder::int16(std::int16_t value) {
  return put('n', [=](auto& w) { w.int16(value); });
}
message_builder& message_builder::uint16(std::uint16_t value) {
  return put('q', [=](auto& w) { w.uint16(value); });
}
message_builder& message_builder::int32(std::int32_t value) {
  return put('i', [=](auto& w) { w.int32(value); });
}
message_builder& message_builder::uint32(std::uint32_t value) {
  return put('u', [=](auto& w) { w.uint32(value); });
}
message_builder& message_builder::int64(std::int64_t value) {
  return put('x', [=](auto& w) { w.int64(value); });
}
message_builder& message_builder::uint64(std::uint64_t value) {
  return put('t', [=](auto& w) { w.uint64(value); });
}
message_builder& message_builder::float64(double value) {
  return put('d', [=](auto& w) { w.float64(value); });
}

message_builder& message_builder::string(std::string_view value) {
  if (!is_utf8(as_bytes(value)) || value.find('\0') != std::string_view::npos) {
    refuse("a text is not UTF-8 or holds a zero byte: send it as bytes (ay) instead");
  }
  return put('s', [=](auto& w) { w.string(value); });
}

message_builder& message_builder::object_path(path_text value) {
  if (!wire::is_object_path(value)) refuse(fmt::format("\"{}\" is not an object path", value));
  return put('o', [=](auto& w) { w.string(value); });
}

message_builder& message_builder::signature(signature_text value) {
  if (!wire::is_signature(value)) refuse(fmt::format("\"{}\" is not a signature", value));
  return put('g', [=](auto& w) { w.signature(value); });
}

message_builder& message_builder::fd(unique_fd value) {
  if (!value) refuse("a descriptor that is not open");
  put('h', [this](auto& w) { w.uint32(static_cast<std::uint32_t>(fds_.size())); });
  fds_.push_back(std::move(value));
  return *this;
}

message_builder& message_builder::fd(int borrowed) {
  unique_fd copy(::fcntl(borrowed, F_DUPFD_CLOEXEC, 3));
  if (!copy) refuse(fmt::format("descriptor {}: {}", borrowed, std::strerror(errno)));
  return fd(std::move(copy));
}

message_builder& message_builder::bytes(std::span<const std::uint8_t> value) {
  expect("ay");
  wire::BodyWriter(body_).bytes(value);
  return *this;
}

void message_builder::open(char kind, std::string_view type, std::string_view inside) {
  frame opened{.types = std::string(inside), .kind = kind};
  expect(type);
  wire::BodyWriter writer(body_);
  if (kind == 'a') {
    const auto array = writer.open_array(inside.front());
    opened.length_at = array.length_at;
    opened.first_at = array.first_at;
  } else if (kind == 'v') {
    writer.signature(inside);
  } else {
    writer.begin_struct();
  }
  open_.push_back(std::move(opened));
}

message_builder& message_builder::open_array(element_type element) {
  const std::string type = "a" + std::string(element);
  if (!wire::is_single_complete_type(type)) {
    refuse(fmt::format("\"{}\" is not the type of an array's elements", element));
  }
  open('a', type, element);
  return *this;
}

message_builder& message_builder::open_variant(complete_type type) {
  if (!wire::is_single_complete_type(type)) {
    refuse(fmt::format("\"{}\" is not one complete type", type));
  }
  open('v', "v", type);
  return *this;
}

message_builder& message_builder::open_struct(signature_text members) {
  std::string type = "(" + std::string(members) + ")";
  if (members.view().empty()) {
    const std::string_view rest = open_.empty() ? std::string_view() : open_.back().rest();
    if (!rest.starts_with('(')) refuse("which members the struct has is not said");
    type = rest.substr(0, wire::complete_type_length(rest));
  } else if (!wire::is_single_complete_type(type)) {
    refuse(fmt::format("\"{}\" are not the types of a struct's members", members));
  }
  open('(', type, std::string_view(type).substr(1, type.size() - 2));
  return *this;
}

message_builder& message_builder::open_dict_entry() {
  if (open_.empty() || open_.back().kind != 'a' || !open_.back().rest().starts_with('{')) {
    refuse("a dict entry outside of a dictionary");
  }
  const std::string type = open_.back().types;
  open('{', type, std::string_view(type).substr(1, type.size() - 2));
  return *this;
}

message_builder& message_builder::close() {
  if (open_.empty()) refuse("there is no container to close");
  const frame& closed = open_.back();
  if (closed.kind == 'a') {
    wire::BodyWriter(body_).close_array(array_of(closed.length_at, closed.first_at));
  } else if (!closed.rest().empty()) {
    refuse(fmt::format("a container of '{}' is closed and '{}' is missing", closed.types,
                       closed.rest()));
  }
  open_.pop_back();
  return *this;
}

message_builder& message_builder::copy(message_reader& values) {
  const std::string_view type = values.type_signature();
  switch (values.type()) {
    case 'y':
      return byte(values.byte());
    case 'b':
      return boolean(values.boolean());
    case 'n':
      return int16(values.int16());
    case 'q':
      return uint16(values.uint16());
    case 'i':
      return int32(values.int32());
    case 'u':
      return uint32(values.uint32());
    case 'x':
      return int64(values.int64());
    case 't':
      return uint64(values.uint64());
    case 'd':
      return float64(values.float64());
    case 's':
      return string(values.string());
    case 'o':
      return object_path(values.object_path());
    case 'g':
      return signature(values.signature());
    case 'h':
      return fd(values.fd());
    case 'a':
      open_array(type.substr(1));
      break;
    case '(':
      open_struct(type.substr(1, type.size() - 2));
      break;
    case '{':
      open_dict_entry();
      break;
    case 'v':
      break;
    default:
      refuse("there is no value to copy");
  }
  const bool is_variant = values.type() == 'v';
  values.enter();
  if (is_variant) open_variant(values.type_signature());
  while (!values.at_end()) copy(values);
  values.leave();
  return close();
}

std::string message_builder::fault_of_names() const {
  using Check = bool (*)(std::string_view);
  const struct {
    const std::string& text;
    Check is_good;
    const char* what;
  } names[] = {{path_, wire::is_object_path, "an object path"},
               {interface_, wire::is_interface_name, "an interface name"},
               {member_, wire::is_member_name, "a member name"},
               {error_name_, wire::is_error_name, "an error name"},
               {destination_, wire::is_bus_name, "a bus name"},
               {sender_, wire::is_bus_name, "a bus name"},
               {signature_, wire::is_signature, "a signature, which has 255 letters at most"}};
  for (const auto& name : names) {
    if (!name.text.empty() && !name.is_good(name.text)) {
      return fmt::format("\"{}\" is not {}", name.text, name.what);
    }
  }
  return {};
}

message message_builder::build() {
  if (!open_.empty()) refuse(fmt::format("a container of '{}' is not closed", open_.back().types));
  // What the bus would disconnect us for is found here.
  auto made = client::assemble({.type = static_cast<wire::MessageType>(type_),
                                .flags = flags_,
                                .reply_serial = reply_serial_,
                                .unix_fds = static_cast<std::uint32_t>(fds_.size()),
                                .path = path_,
                                .interface = interface_,
                                .member = member_,
                                .error_name = error_name_,
                                .destination = destination_,
                                .sender = sender_,
                                .signature = signature_},
                               body_, std::move(fds_));
  if (!made) {
    const std::string names = fault_of_names();
    refuse(names.empty() ? wire::describe(made.error()) : names);
  }
  return std::move(*made);
}

}  // namespace headway
