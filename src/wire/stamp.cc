// SPDX-License-Identifier: MIT
#include <cstring>

#include "wire/body.h"
#include "wire/endian.h"
#include "wire/fields.h"
#include "wire/message.h"
#include "wire/validator.h"

namespace headway::wire {
namespace {

std::size_t rounded_up(std::size_t bytes) { return bytes + padding_bytes(bytes, 8); }

/// Appends the fields of `message` that a receiver may see; each starts on a struct boundary.
void append_kept_fields(const Message& message, std::vector<std::uint8_t>& head) {
  const Bytes fields = message.bytes.subspan(prologue_bytes, message.fields_bytes);
  BodyReader reader(message.order, fields);
  while (!reader.at_end(fields.size())) {
    reader.begin_struct();
    const std::size_t start = reader.offset();
    const std::uint8_t code = reader.byte();
    reader.skip(reader.signature());
    if (code >= first_unknown_field || code == static_cast<std::uint8_t>(Field::sender)) continue;

    const Bytes field = fields.subspan(start, reader.offset() - start);
    head.resize(rounded_up(head.size()));
    head.insert(head.end(), field.begin(), field.end());
  }
}

}  // namespace

SenderField::SenderField(std::string_view name) {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    std::vector<std::uint8_t> field;
    BodyWriter writer(field, order);
    writer.byte(static_cast<std::uint8_t>(Field::sender));
    writer.signature("s");
    writer.string(name);
    size_ = field.size();
    field.resize(rounded_up(size_));
    bytes_ += as_text(field);
  }
}

Bytes SenderField::padded(ByteOrder order) const {
  const std::size_t half = bytes_.size() / 2;
  return as_bytes(bytes_).subspan(order == ByteOrder::little ? 0 : half, half);
}

Bytes SenderField::encoded(ByteOrder order) const { return padded(order).first(size_); }

std::string_view SenderField::name() const {
  constexpr std::size_t name_at = 8;
  return as_text(encoded(ByteOrder::little)).substr(name_at, size_ - name_at - 1);
}

Bytes stamp_header(const Message& message, const SenderField& sender,
                   std::vector<std::uint8_t>& scratch) {
  std::size_t kept = message.head_bytes();  // with padding: the sender's field starts there
  if (message.needs_filtering) [[unlikely]] {
    const Bytes prologue = message.bytes.first(prologue_bytes);
    scratch.assign(prologue.begin(), prologue.end());
    append_kept_fields(message, scratch);
    kept = rounded_up(scratch.size());
  }

  const Bytes field = sender.padded(message.order);
  const std::size_t total = kept + field.size();
  if (scratch.size() < total) scratch.resize(total);
  std::uint8_t* const head = scratch.data();
  if (!message.needs_filtering) std::memcpy(head, message.bytes.data(), kept);
  for (std::size_t at = 0; at < field.size(); at += 8) {
    std::memcpy(head + kept + at, field.data() + at, 8);
  }
  const std::size_t fields_bytes = kept + sender.encoded(message.order).size() - prologue_bytes;
  store(head + fields_bytes_at, static_cast<std::uint32_t>(fields_bytes), message.order);
  return {head, total};
}

}  // namespace headway::wire
