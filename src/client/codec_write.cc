// SPDX-License-Identifier: MIT
// The encoder: C++ values into a message's body.
#include <fmt/format.h>

#include "client/codec_parts.h"
#include "client/message_data.h"
#include "headway/dict.h"
#include "wire/body.h"
#include "wire/signature.h"

namespace headway::detail {
namespace {

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

/// The only thing in `value`, if there is one.
void write_inner(output& to, const type& type, const void* value) {
  Writing context{to, type};
  type.each(value, &context, [](void* raw, const void* inner, const void*) {
    codec::encode(as<Writing>(raw).to, *as<Writing>(raw).of.first, inner);
  });
}

void write_one_of(output& to, const type& type, const void* value) {
  Writing context{to, type};
  type.each(value, &context, [](void* raw, const void* held, const void* held_type) {
    codec::encode_variant(as<Writing>(raw).to, *static_cast<const detail::type*>(held_type), held);
  });
}

struct Entry {
  output& to;
  std::string_view key;
  const type& of;
};

void write_entry(const Entry& entry, const void* value) {
  wire::BodyWriter writer(entry.to.body);
  writer.begin_struct();
  writer.string(entry.key);
  // What is a variant already is not wrapped again.
  if (entry.of.signature == "v") return codec::encode(entry.to, entry.of, value);
  codec::encode_variant(entry.to, entry.of, value);
}

void write_options(output& to, const type& type, const void* value) {
  wire::BodyWriter writer(to.body);
  const auto array = writer.open_array('{');
  const Members members(type, value);
  for (std::size_t i = 0; i < type.count; ++i) {
    const detail::type& of = *type.members[i];
    if (of.what == kind::others) {
      for (const auto& [key, other] : as<others>(members.at[i])) {
        write_entry({to, key, type_of<variant>}, &other);
      }
    } else if (of.what == kind::optional) {
      Entry context{to, type.keys[i], *of.first};
      of.each(members.at[i], &context,
              [](void* raw, const void* held, const void*) { write_entry(as<Entry>(raw), held); });
    } else {
      write_entry({to, type.keys[i], of}, members.at[i]);
    }
  }
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

}  // namespace

void codec::encode(output& to, const type& type, const void* value) {
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
      return writer.string(as<object_path>(value).view());
    case kind::signature:
      return writer.signature(as<signature>(value).view());
    case kind::fd:
      writer.uint32(static_cast<std::uint32_t>(to.fds.size()));
      to.fds.push_back(duplicate(as<unique_fd>(value).get()));
      return;
    case kind::bytes:
      return writer.bytes(type.bytes(value));
    case kind::variant:
      return encode(to, as<variant>(value));
    case kind::array:
    case kind::dict:
      return write_elements(to, type, value);
    case kind::options:
      return write_options(to, type, value);
    case kind::one_of:
      return write_one_of(to, type, value);
    case kind::stand_in:
      return write_inner(to, type, value);
    case kind::optional:
    case kind::others:
      return;  // only write_options() meets them
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

}  // namespace headway::detail
