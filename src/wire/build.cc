// SPDX-License-Identifier: MIT
#include "wire/build.h"

#include "wire/body.h"

namespace headway::wire {
namespace {

void begin_field(BodyWriter& writer, Field field, char type) {
  writer.begin_struct();
  writer.byte(static_cast<std::uint8_t>(field));
  writer.signature({&type, 1});
}

void text_field(BodyWriter& writer, Field field, char type, std::string_view value) {
  if (value.empty()) return;
  begin_field(writer, field, type);
  writer.string(value);
}

void number_field(BodyWriter& writer, Field field, std::uint32_t value) {
  if (value == 0) return;
  begin_field(writer, field, 'u');
  writer.uint32(value);
}

}  // namespace

void build_message(const HeaderFields& fields, Bytes body, std::vector<std::uint8_t>& out) {
  out.clear();
  BodyWriter writer(out, fields.order);
  writer.byte(static_cast<std::uint8_t>(fields.order));
  writer.byte(static_cast<std::uint8_t>(fields.type));
  writer.byte(fields.flags);
  writer.byte(message_version);
  writer.uint32(static_cast<std::uint32_t>(body.size()));
  writer.uint32(fields.serial);

  const BodyWriter::Array array = writer.open_array('(');
  text_field(writer, Field::path, 'o', fields.path);
  text_field(writer, Field::interface, 's', fields.interface);
  text_field(writer, Field::member, 's', fields.member);
  text_field(writer, Field::error_name, 's', fields.error_name);
  number_field(writer, Field::reply_serial, fields.reply_serial);
  text_field(writer, Field::destination, 's', fields.destination);
  text_field(writer, Field::sender, 's', fields.sender);
  if (!fields.signature.empty()) {
    begin_field(writer, Field::signature, 'g');
    writer.signature(fields.signature);
  }
  number_field(writer, Field::unix_fds, fields.unix_fds);
  writer.close_array(array);

  writer.begin_struct();
  out.insert(out.end(), body.begin(), body.end());
}

}  // namespace headway::wire
