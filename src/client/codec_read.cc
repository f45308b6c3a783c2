// SPDX-License-Identifier: MIT
// The decoder: C++ values from a message whose body was checked when it came.
#include <fmt/format.h>

#include <bitset>
#include <iterator>

#include "client/codec_parts.h"
#include "client/message_data.h"
#include "headway/dict.h"
#include "wire/body.h"

namespace headway::detail {
namespace {

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

void read_inner(const message& from, std::size_t& at, const type& type, void* value) {
  Reading context{from, at, 0, type};
  type.read(value, &context, nullptr, [](void* raw, void* inner, void*) {
    const Reading& reading = as<Reading>(raw);
    codec::decode(reading.from, reading.at, *reading.of.first, inner);
  });
}

void read_one_of(const message& from, std::size_t& at, const type& type, void* value) {
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader reader(view.order, view.body(), at);
  const std::string_view inner = reader.signature();
  at = reader.offset();
  for (std::size_t i = 0; i < type.count; ++i) {
    if (type.members[i]->signature != inner) continue;
    return codec::decode(from, at, *type.members[i], type.choose(value, i));
  }
  std::string known;
  for (std::size_t i = 0; i < type.count; ++i) {
    fmt::format_to(std::back_inserter(known), "{}\"{}\"", i == 0 ? "" : ", ",
                   type.members[i]->signature);
  }
  throw error(error_name::invalid_signature,
              fmt::format("a variant holds \"{}\", which is none of {}", inner, known));
}

/// The value behind a key, at the variant that it lies in.
void read_entry(const message& from, std::size_t& at, std::string_view key, const type& type,
                void* value) {
  if (type.signature == "v") return codec::decode(from, at, type, value);
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader reader(view.order, view.body(), at);
  const std::string_view inner = reader.signature();
  if (inner != type.signature) {
    throw error(error_name::invalid_args, fmt::format("\"{}\" holds \"{}\" and \"{}\" is wanted",
                                                      key, inner, type.signature));
  }
  at = reader.offset();
  codec::decode(from, at, type, value);
}

/// Which member has that key, or takes what no other member has; type.count if none.
std::size_t member_for(const type& type, std::string_view key) {
  std::size_t found = type.count;
  for (std::size_t i = 0; i < type.count; ++i) {
    if (type.members[i]->what == kind::others) {
      found = i;
    } else if (type.keys[i] == key) {
      return i;
    }
  }
  return found;
}

void read_member(const message& from, std::size_t& at, std::string_view key, const type& type,
                 void* value) {
  if (type.what == kind::others) {
    return codec::decode(from, at, as<others>(value)[std::string(key)]);
  }
  if (type.what != kind::optional) return read_entry(from, at, key, type, value);
  struct Context {
    const message& from;
    std::size_t& at;
    std::string_view key;
    const detail::type& of;
  } context{from, at, key, *type.first};
  type.read(value, &context, nullptr, [](void* raw, void* inner, void*) {
    const auto& reading = as<Context>(raw);
    read_entry(reading.from, reading.at, reading.key, reading.of, inner);
  });
}

void read_options(const message& from, std::size_t& at, const type& type, void* value) {
  const wire::Message& view = message_data::of(from).view;
  wire::BodyReader array(view.order, view.body(), at);
  const std::size_t end = array.open_array('{');
  at = array.offset();
  const Members members(type, value);
  std::bitset<members_max> seen;
  while (at < end) {
    wire::BodyReader reader(view.order, view.body(), at);
    reader.begin_struct();
    const std::string_view key = reader.string();
    at = reader.offset();
    const std::size_t i = member_for(type, key);
    if (i < type.count) {
      seen.set(i);
      read_member(from, at, key, *type.members[i], const_cast<void*>(members.at[i]));
    } else {
      reader.skip("v");
      at = reader.offset();
    }
  }
  for (std::size_t i = 0; i < type.count; ++i) {
    const kind what = type.members[i]->what;
    if (seen[i] || what == kind::optional || what == kind::others) continue;
    throw error(error_name::invalid_args, fmt::format("a dictionary lacks \"{}\", of type \"{}\"",
                                                      type.keys[i], type.members[i]->signature));
  }
}

}  // namespace

void codec::decode(const message& from, std::size_t& at, const type& type, void* value) {
  switch (type.what) {
    case kind::array:
    case kind::dict:
      return read_elements(from, at, type, value);
    case kind::options:
      return read_options(from, at, type, value);
    case kind::one_of:
      return read_one_of(from, at, type, value);
    case kind::stand_in:
      return read_inner(from, at, type, value);
    case kind::variant:
      return decode(from, at, as<variant>(value));
    default:
      return decode_plain(from, at, type, value);
  }
}

void codec::decode_plain(const message& from, std::size_t& at, const type& type, void* value) {
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
    case kind::signature:
      set(as<signature>(value), reader.signature());
      break;
    case kind::bytes: {
      const std::size_t end = reader.open_array('y');
      type.set_bytes(value, view.body().subspan(reader.offset(), end - reader.offset()));
      at = end;
      return;
    }
    case kind::fd: {
      const std::uint32_t index = reader.uint32();
      as<unique_fd>(value) = duplicate(index < from.fds().size() ? from.fds()[index].get() : -1);
      break;
    }
    case kind::structure: {
      reader.begin_struct();
      at = reader.offset();
      const Members members(type, value);
      for (std::size_t i = 0; i < type.count; ++i) {
        decode(from, at, *type.members[i], const_cast<void*>(members.at[i]));
      }
      return;
    }
    default:
      return;  // decode() has taken it
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

}  // namespace headway::detail
