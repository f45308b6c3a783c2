// SPDX-License-Identifier: MIT
#include <string>

#include "client/message_data.h"
#include "headway/message.h"
#include "wire/body.h"
#include "wire/signature.h"

namespace headway {
namespace {

const wire::Message& view_of(const message& source) {
  return detail::message_data::of(source).view;
}

wire::BodyReader reader_at(const message& source, std::size_t at) {
  const wire::Message& view = view_of(source);
  return {view.order, view.body(), at};
}

}  // namespace

std::size_t detail::position_of(const message_reader& values) noexcept { return values.at_; }

message_reader::message_reader(message source)
    : message_(std::move(source)), types_(message_.signature()) {}

bool message_reader::at_end() const noexcept { return is_array_ ? at_ >= end_ : types_.empty(); }

char message_reader::type() const noexcept { return at_end() ? '\0' : types_.front(); }

std::string_view message_reader::type_signature() const noexcept {
  if (at_end()) return {};
  return types_.substr(0, wire::complete_type_length(types_));
}

void message_reader::expect(char wanted) {
  if (type() == wanted) [[likely]]
    return;
  const std::string_view next = type_signature();
  throw error(error_name::invalid_signature,
              std::string("a value of type '") + wanted + "' is wanted where the message has " +
                  (next.empty() ? "no more values" : "'" + std::string(next) + "'"));
}

/// Behind a value: on to the type of the next, which in an array is the same.
void message_reader::finish_value() noexcept {
  if (!is_array_) types_.remove_prefix(wire::complete_type_length(types_));
}

template <class T, class Read>
T message_reader::take(char wanted, Read read) {
  expect(wanted);
  wire::BodyReader reader = reader_at(message_, at_);
  const T value = read(reader);
  at_ = reader.offset();
  finish_value();
  return value;
}

std::uint8_t message_reader::byte() {
  return take<std::uint8_t>('y', [](auto& r) { return r.byte(); });
}
bool message_reader::boolean() {
  return take<bool>('b', [](auto& r) { return r.boolean(); });
}
std::int16_t message_reader::int16() {
  return take<std::int16_t>('n', [](auto& r) { return static_cast<std::int16_t>(r.uint16()); });
}
std::uint16_t message_reader::uint16() {
  return take<std::uint16_t>('q', [](auto& r) { return r.uint16(); });
}
std::int32_t message_reader::int32() {
  return take<std::int32_t>('i', [](auto& r) { return static_cast<std::int32_t>(r.uint32()); });
}
std::uint32_t message_reader::uint32() {
  return take<std::uint32_t>('u', [](auto& r) { return r.uint32(); });
}
std::int64_t message_reader::int64() {
  return take<std::int64_t>('x', [](auto& r) { return static_cast<std::int64_t>(r.uint64()); });
}
std::uint64_t message_reader::uint64() {
  return take<std::uint64_t>('t', [](auto& r) { return r.uint64(); });
}
double message_reader::float64() {
  return take<double>('d', [](auto& r) { return r.float64(); });
}
std::string_view message_reader::string() {
  return take<std::string_view>('s', [](auto& r) { return r.string(); });
}
std::string_view message_reader::object_path() {
  return take<std::string_view>('o', [](auto& r) { return r.string(); });
}
std::string_view message_reader::signature() {
  return take<std::string_view>('g', [](auto& r) { return r.signature(); });
}

int message_reader::fd() {
  const auto index = take<std::uint32_t>('h', [](auto& r) { return r.uint32(); });
  const auto fds = message_.fds();
  return index < fds.size() ? fds[index].get() : -1;
}

std::span<const std::uint8_t> message_reader::bytes() {
  if (type_signature() != "ay") expect('a');
  if (types_.substr(1, 1) != "y") {
    throw error(error_name::invalid_signature,
                "bytes are wanted where the message has '" + std::string(type_signature()) + "'");
  }
  wire::BodyReader reader = reader_at(message_, at_);
  const std::size_t end = reader.open_array('y');
  const auto value = view_of(message_).body().subspan(reader.offset(), end - reader.offset());
  at_ = end;
  finish_value();
  return value;
}

void message_reader::enter() {
  const char kind = type();
  if (kind != 'a' && kind != '(' && kind != '{' && kind != 'v') {
    throw error(error_name::invalid_signature,
                kind == '\0' ? std::string("there are no more values to enter")
                             : std::string("a value of type '") + kind + "' is no container");
  }
  const std::string_view whole = type_signature();
  const frame outer{is_array_ ? types_ : types_.substr(whole.size()), end_, is_array_};
  wire::BodyReader reader = reader_at(message_, at_);
  if (kind == 'a') {
    types_ = whole.substr(1);
    end_ = reader.open_array(types_.front());
  } else if (kind == 'v') {
    types_ = reader.signature();
  } else {
    reader.begin_struct();
    types_ = whole.substr(1, whole.size() - 2);
  }
  is_array_ = kind == 'a';
  at_ = reader.offset();
  around_.push_back(outer);
}

void message_reader::leave() {
  if (around_.empty()) {
    throw error(error_name::invalid_signature, "there is no container to leave");
  }
  if (is_array_) {
    at_ = end_;
  } else {
    while (!at_end()) skip();
  }
  const frame& outer = around_.back();
  types_ = outer.types;
  end_ = outer.outer_end;
  is_array_ = outer.outer_is_array;
  around_.pop_back();
}

void message_reader::skip() {
  if (at_end()) return;
  wire::BodyReader reader = reader_at(message_, at_);
  reader.skip(type_signature());
  at_ = reader.offset();
  finish_value();
}

}  // namespace headway
