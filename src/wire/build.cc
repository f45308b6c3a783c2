// SPDX-License-Identifier: MIT
#include "wire/build.h"

#include <cstring>

#include "wire/endian.h"
#include "wire/fields.h"
#include "wire/validator.h"

namespace headway::wire {
namespace {

/// Writes header fields into zeros, of which there are enough.
class FieldWriter {
 public:
  FieldWriter(std::uint8_t* head, ByteOrder order) : head_(head), order_(order) {}

  /// Where `value` lies now.
  std::string_view text(Field field, std::string_view value) {
    if (value.empty()) return {};
    begin(field);
    store(head_ + end_, static_cast<std::uint32_t>(value.size()), order_);
    end_ += sizeof(std::uint32_t);
    return bytes(value);
  }

  std::string_view signature(std::string_view value) {
    if (value.empty()) return {};
    begin(Field::signature);
    head_[end_++] = static_cast<std::uint8_t>(value.size());
    return bytes(value);
  }

  void number(Field field, std::uint32_t value) {
    if (value == 0) return;
    begin(field);
    store(head_ + end_, value, order_);
    end_ += sizeof value;
  }

  [[nodiscard]] std::size_t end() const { return end_; }

 private:
  void begin(Field field) {
    end_ += padding_bytes(end_, 8);
    store(head_ + end_, field_heads[static_cast<std::uint8_t>(field)], native_order);
    end_ += sizeof(std::uint32_t);
  }

  std::string_view bytes(std::string_view value) {
    std::uint8_t* const at = head_ + end_;
    std::memcpy(at, value.data(), value.size());
    end_ += value.size() + 1;
    return as_text({at, value.size()});
  }

  std::uint8_t* head_;
  std::size_t end_ = prologue_bytes;
  ByteOrder order_;
};

std::size_t head_bytes_max(const HeaderFields& f) {
  constexpr std::size_t around_each = 4 + 4 + 1 + 7;
  return prologue_bytes + first_unknown_field * around_each + f.path.size() + f.interface.size() +
         f.member.size() + f.error_name.size() + f.destination.size() + f.sender.size() +
         f.signature.size();
}

}  // namespace

Message build_message(const HeaderFields& fields, Bytes body, std::vector<std::uint8_t>& out) {
  const std::size_t room = head_bytes_max(fields);
  out.clear();
  out.reserve(room + body.size());  // the views below stay where they are
  out.resize(room);
  std::uint8_t* const head = out.data();
  head[0] = static_cast<std::uint8_t>(fields.order);
  head[1] = static_cast<std::uint8_t>(fields.type);
  head[2] = fields.flags;
  head[3] = message_version;
  store(head + body_bytes_at, static_cast<std::uint32_t>(body.size()), fields.order);
  store(head + serial_at, fields.serial, fields.order);

  Message message;
  FieldWriter writer(head, fields.order);
  message.path = writer.text(Field::path, fields.path);
  message.interface = writer.text(Field::interface, fields.interface);
  message.member = writer.text(Field::member, fields.member);
  message.error_name = writer.text(Field::error_name, fields.error_name);
  writer.number(Field::reply_serial, fields.reply_serial);
  message.destination = writer.text(Field::destination, fields.destination);
  message.sender = writer.text(Field::sender, fields.sender);
  message.signature = writer.signature(fields.signature);
  writer.number(Field::unix_fds, fields.unix_fds);

  message.order = fields.order;
  message.type = fields.type;
  message.flags = fields.flags;
  message.serial = fields.serial;
  message.reply_serial = fields.reply_serial;
  message.unix_fds = fields.unix_fds;
  message.fields_bytes = static_cast<std::uint32_t>(writer.end() - prologue_bytes);
  message.needs_filtering = !fields.sender.empty();
  store(head + fields_bytes_at, message.fields_bytes, fields.order);

  out.resize(message.head_bytes());
  out.insert(out.end(), body.begin(), body.end());
  message.bytes = out;
  return message;
}

}  // namespace headway::wire
