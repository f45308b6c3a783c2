// SPDX-License-Identifier: MIT
// A body is valid in one byte order if and only if it is, swapped, valid in the other, and copying
// every value of it through BodyReader and BodyWriter gives the same bytes (WIRE-028).
//
// Input: byte order, length of the signature, signature, body.
#include <algorithm>
#include <bit>
#include <vector>

#include "base/assert.h"
#include "fuzz_target.h"
#include "wire/body.h"
#include "wire/message.h"
#include "wire/signature.h"

namespace {

using namespace headway;
using namespace headway::wire;

void copy(std::string_view& types, BodyReader& reader, BodyWriter& writer);

void copy_all(std::string_view types, BodyReader& reader, BodyWriter& writer) {
  while (!types.empty()) copy(types, reader, writer);
}

void copy_array(std::string_view element, BodyReader& reader, BodyWriter& writer) {
  const BodyWriter::Array array = writer.open_array(element.front());
  const std::size_t end = reader.open_array(element.front());
  while (!reader.at_end(end)) copy_all(element, reader, writer);
  writer.close_array(array);
}

void copy_container(std::string_view type, BodyReader& reader, BodyWriter& writer) {
  if (type.front() == 'a') return copy_array(type.substr(1), reader, writer);
  reader.begin_struct();
  writer.begin_struct();
  copy_all(type.substr(1, type.size() - 2), reader, writer);
}

void copy_variant(BodyReader& reader, BodyWriter& writer) {
  const std::string_view type = reader.signature();
  writer.signature(type);
  copy_all(type, reader, writer);
}

void copy(std::string_view& types, BodyReader& reader, BodyWriter& writer) {
  const std::string_view type = types.substr(0, complete_type_length(types));
  types.remove_prefix(type.size());
  switch (type.front()) {
    case 'y':
      return writer.byte(reader.byte());
    case 'b':
      return writer.boolean(reader.boolean());
    case 'n':
      return writer.int16(std::bit_cast<std::int16_t>(reader.uint16()));
    case 'q':
      return writer.uint16(reader.uint16());
    case 'i':
      return writer.int32(std::bit_cast<std::int32_t>(reader.uint32()));
    case 'u':
    case 'h':
      return writer.uint32(reader.uint32());
    case 'x':
      return writer.int64(std::bit_cast<std::int64_t>(reader.uint64()));
    case 't':
      return writer.uint64(reader.uint64());
    case 'd':
      return writer.float64(reader.float64());
    case 's':
    case 'o':
      return writer.string(reader.string());
    case 'g':
      return writer.signature(reader.signature());
    case 'v':
      return copy_variant(reader, writer);
    default:
      return copy_container(type, reader, writer);
  }
}

std::vector<std::uint8_t> copied(ByteOrder from, std::string_view types, Bytes body, ByteOrder to) {
  std::vector<std::uint8_t> out;
  BodyReader reader(from, body);
  BodyWriter writer(out, to);
  copy_all(types, reader, writer);
  HEADWAY_ASSERT(reader.offset() == body.size());
  return out;
}

/// What was not validated may be read all the same: the reader stays inside and comes to an end.
void read_unchecked(ByteOrder order, std::string_view types, Bytes body) {
  BodyReader reader(order, body);
  for (; !types.empty(); types.remove_prefix(complete_type_length(types))) reader.skip(types);
  HEADWAY_ASSERT(reader.offset() <= body.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size - 2 < data[1]) return 0;
  const ByteOrder order = (data[0] & 1) != 0 ? ByteOrder::big : ByteOrder::little;
  const ByteOrder other = order == ByteOrder::big ? ByteOrder::little : ByteOrder::big;
  const Bytes input{data, size};
  const std::string_view types = as_text(input.subspan(2, data[1]));
  const std::vector<std::uint8_t> body(data + 2 + data[1], data + size);
  read_unchecked(order, types, body);
  if (!is_signature(types) || !validate_body(order, types, body)) return 0;

  HEADWAY_ASSERT(copied(order, types, body, order) == body);
  const std::vector<std::uint8_t> swapped = copied(order, types, body, other);
  HEADWAY_ASSERT(validate_body(other, types, swapped).has_value());
  HEADWAY_ASSERT(copied(other, types, swapped, order) == body);
  return 0;
}
