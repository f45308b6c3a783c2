// SPDX-License-Identifier: MIT
#include <cstring>

#include "wire/body.h"
#include "wire/endian.h"
#include "wire/message.h"
#include "wire/validator.h"

namespace headway::wire {
namespace {

constexpr std::size_t fields_bytes_at = 12;
constexpr std::uint8_t last_known_field = static_cast<std::uint8_t>(Field::unix_fds);

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
    if (code > last_known_field || code == static_cast<std::uint8_t>(Field::sender)) continue;

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
    bytes_ += as_text(field);
  }
}

Bytes SenderField::encoded(ByteOrder order) const {
  const std::size_t half = bytes_.size() / 2;
  return as_bytes(bytes_).subspan(order == ByteOrder::little ? 0 : half, half);
}

std::string_view SenderField::name() const {
  constexpr std::size_t name_at = 8;
  return as_text(encoded(ByteOrder::little)).substr(name_at, bytes_.size() / 2 - name_at - 1);
}

void stamp_header(const Message& message, const SenderField& sender,
                  std::vector<std::uint8_t>& head) {
  std::size_t kept = message.head_bytes();  // with padding: the sender's field starts there
  if (message.needs_filtering) [[unlikely]] {
    const Bytes prologue = message.bytes.first(prologue_bytes);
    head.assign(prologue.begin(), prologue.end());
    append_kept_fields(message, head);
    kept = rounded_up(head.size());
  }

  const Bytes field = sender.encoded(message.order);
  const std::size_t end = kept + field.size();
  const std::size_t total = rounded_up(end);
  head.resize(total);
  std::memset(head.data() + total - 8, 0, 8);  // the padding, wherever in there it starts
  if (!message.needs_filtering) std::memcpy(head.data(), message.bytes.data(), kept);
  std::memcpy(head.data() + kept, field.data(), field.size());
  store(head.data() + fields_bytes_at, static_cast<std::uint32_t>(end - prologue_bytes),
        message.order);
}

}  // namespace headway::wire
