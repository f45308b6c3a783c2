// SPDX-License-Identifier: MIT
#include "wire/message.h"

#include <algorithm>
#include <array>
#include <optional>

#include "wire/endian.h"
#include "wire/fields.h"
#include "wire/names.h"
#include "wire/parse.h"
#include "wire/signature.h"
#include "wire/validator.h"

namespace headway::wire {
namespace {

constexpr std::string_view local_path = "/org/freedesktop/DBus/Local";
constexpr std::string_view local_interface = "org.freedesktop.DBus.Local";

constexpr std::uint32_t bit(Field field) { return 1u << static_cast<std::uint8_t>(field); }

/// What a message of each type must carry (WIRE-044), by type.
constexpr std::array<std::uint32_t, 5> required_fields = {
    0,
    bit(Field::path) | bit(Field::member),
    bit(Field::reply_serial),
    bit(Field::error_name) | bit(Field::reply_serial),
    bit(Field::path) | bit(Field::interface) | bit(Field::member),
};

/// Reads the header-fields array of one message into it.
class FieldReader {
 public:
  FieldReader(Message& message, std::size_t end)
      : message_(message), data_(message.bytes.data()), end_(end) {}

  [[nodiscard]] bool read_all() {
    while (at_ < end_) {
      if (!align() || !read_one()) return false;
    }
    const auto type = static_cast<std::uint8_t>(message_.type);
    const std::uint32_t required = type < required_fields.size() ? required_fields[type] : 0;
    return (seen_ & required) == required || fail(Fault::missing_field);
  }

  [[nodiscard]] Fault fault() const { return fault_; }

 private:
  bool fail(Fault fault) {
    fault_ = fault;
    return false;
  }

  bool align() {
    const std::size_t padding = padding_bytes(at_, 8);
    if (padding > end_ - at_) return fail(Fault::truncated);
    if (!is_zero_padding<std::uint64_t>(data_, at_)) return fail(Fault::padding);
    at_ += padding;
    return true;
  }

  bool read_one() {
    if (end_ - at_ < sizeof(std::uint32_t)) return fail(Fault::truncated);
    const std::uint8_t code = data_[at_];
    if (code >= first_unknown_field) return read_unknown();
    if (code == 0 || load<std::uint32_t>(data_ + at_, native_order) != field_heads[code]) {
      return fail(Fault::header_field);
    }
    if ((seen_ >> code & 1u) != 0) return fail(Fault::duplicate_field);
    seen_ |= 1u << code;
    at_ += sizeof(std::uint32_t);
    return read_known(static_cast<Field>(code));
  }

  bool read_known(Field field) {
    Message& m = message_;
    switch (field) {
      case Field::path:
        return string(m.path) && is_object_path(m.path) && not_local(m.path, local_path);
      case Field::interface:
        return string(m.interface) && is_interface_name(m.interface) &&
               not_local(m.interface, local_interface);
      case Field::member:
        return string(m.member) && is_member_name(m.member);
      case Field::error_name:
        return string(m.error_name) && is_error_name(m.error_name);
      case Field::reply_serial:
        return number(m.reply_serial) && m.reply_serial != 0;
      case Field::destination:
        return string(m.destination) && is_bus_name(m.destination);
      case Field::sender:
        m.needs_filtering = true;
        return string(m.sender) && is_bus_name(m.sender);
      case Field::signature:
        return signature(m.signature) && is_signature(m.signature);
      case Field::unix_fds:
        return number(m.unix_fds);
    }
    return false;
  }

  /// WIRE-047. The variant is the third container: the array, the struct, the variant.
  bool read_unknown() {
    message_.has_unknown_fields = true;
    message_.needs_filtering = true;
    Validator validator(message_.order, message_.bytes.first(end_), at_ + 1);
    if (!validator.variant(2)) return fail(validator.fault());
    at_ = validator.at();
    return true;
  }

  bool number(std::uint32_t& value) {
    if (end_ - at_ < sizeof value) return fail(Fault::truncated);
    value = load<std::uint32_t>(data_ + at_, message_.order);
    at_ += sizeof value;
    return true;
  }

  bool string(std::string_view& text) {
    std::uint32_t length = 0;
    return number(length) && marshalled_text(length, text);
  }

  bool signature(std::string_view& text) {
    if (end_ - at_ < 1) return fail(Fault::truncated);
    return marshalled_text(data_[at_++], text);
  }

  bool marshalled_text(std::size_t length, std::string_view& text) {
    if (end_ - at_ <= length) return fail(Fault::truncated);
    if (data_[at_ + length] != 0) return fail(Fault::string);
    text = as_text({data_ + at_, length});
    at_ += length + 1;
    return true;
  }

  /// WIRE-049
  bool not_local(std::string_view text, std::string_view local) {
    return text != local || fail(Fault::reserved_name);
  }

  Message& message_;
  const std::uint8_t* data_;
  std::size_t at_ = prologue_bytes;
  std::size_t end_;
  std::uint32_t seen_ = 0;             // a bit per known field
  Fault fault_ = Fault::header_field;  // what a bad grammar is; everything else says fail()
};

}  // namespace

std::optional<Fault> read_prologue(Bytes bytes, Message& message) {
  const auto total = message_bytes(bytes, message_bytes_max);
  if (!total) return total.error();
  if (bytes.size() < *total) return Fault::truncated;
  if (bytes.size() > *total) return Fault::body_length;

  message.bytes = bytes;
  message.order = static_cast<ByteOrder>(bytes[0]);
  message.type = static_cast<MessageType>(bytes[1]);
  message.flags = bytes[2];
  message.serial = load<std::uint32_t>(bytes.data() + serial_at, message.order);
  message.fields_bytes = load<std::uint32_t>(bytes.data() + fields_bytes_at, message.order);
  return std::nullopt;
}

std::optional<Fault> read_fields(Message& message) {
  const std::size_t fields_end = prologue_bytes + message.fields_bytes;
  FieldReader fields(message, fields_end);
  if (!fields.read_all()) return fields.fault();
  if (!is_zero_padding<std::uint64_t>(message.bytes.data(), fields_end)) return Fault::padding;
  return std::nullopt;
}

std::optional<Fault> check_body(const Message& message) {
  const Bytes body = message.body();
  Validator validator(message.order, body);
  if (!validator.values(message.signature, 0)) return validator.fault();
  if (validator.left() != 0) return Fault::body_length;
  return std::nullopt;
}

std::expected<std::size_t, Fault> message_bytes(Bytes prologue, std::size_t limit) {
  if (prologue.size() < prologue_bytes) return std::unexpected(Fault::truncated);
  const std::uint8_t* const at = prologue.data();
  if (at[0] != 'l' && at[0] != 'B') return std::unexpected(Fault::byte_order);
  const auto order = static_cast<ByteOrder>(at[0]);
  if (at[1] == 0) return std::unexpected(Fault::message_type);
  if (at[3] != message_version) return std::unexpected(Fault::protocol_version);
  if (load<std::uint32_t>(at + serial_at, order) == 0) return std::unexpected(Fault::serial);

  const std::uint64_t body = load<std::uint32_t>(at + body_bytes_at, order);
  const std::uint64_t fields = load<std::uint32_t>(at + fields_bytes_at, order);
  if (fields > array_bytes_max) return std::unexpected(Fault::too_long);
  const std::uint64_t total = prologue_bytes + fields + padding_bytes(fields, 8) + body;
  if (total > std::min<std::uint64_t>(limit, message_bytes_max)) {
    return std::unexpected(Fault::too_long);
  }
  return static_cast<std::size_t>(total);
}

std::expected<Message, Fault> parse_message(Bytes bytes) {
  std::expected<Message, Fault> result{std::in_place};  // built where it is returned, not copied
  auto fault = read_prologue(bytes, *result);
  if (!fault) fault = read_fields(*result);
  if (!fault) fault = check_body(*result);
  if (fault) result = std::unexpected(*fault);
  return result;
}

const char* describe(Fault fault) {
  switch (fault) {
    case Fault::byte_order:
      return "byte order mark is neither 'l' nor 'B' (WIRE-031)";
    case Fault::protocol_version:
      return "protocol version is not 1 (WIRE-037)";
    case Fault::message_type:
      return "message type is 0 (WIRE-032)";
    case Fault::serial:
      return "serial is 0 (WIRE-038)";
    case Fault::too_long:
      return "message is longer than allowed (WIRE-039, WIRE-040)";
    case Fault::truncated:
      return "a value reaches beyond its end (WIRE-022, WIRE-048)";
    case Fault::padding:
      return "padding is not zero (WIRE-015)";
    case Fault::signature:
      return "a signature is invalid (WIRE-001 to WIRE-009)";
    case Fault::header_field:
      return "a header field has a wrong type or value (WIRE-046)";
    case Fault::duplicate_field:
      return "a header field appears twice (WIRE-046)";
    case Fault::missing_field:
      return "a required header field is missing (WIRE-044)";
    case Fault::reserved_name:
      return "path or interface is that of Local (WIRE-049)";
    case Fault::boolean:
      return "a boolean is neither 0 nor 1 (WIRE-016)";
    case Fault::string:
      return "a string is not UTF-8 or holds or lacks a NUL (WIRE-018, WIRE-019)";
    case Fault::object_path:
      return "an object path is invalid (WIRE-020)";
    case Fault::array_length:
      return "an array's length is invalid (WIRE-023, WIRE-024)";
    case Fault::variant:
      return "a variant's signature is not one complete type (WIRE-005)";
    case Fault::depth:
      return "containers are nested too deeply (WIRE-010)";
    case Fault::body_length:
      return "bytes are left after the body's last value (WIRE-048)";
  }
  return "unknown fault";
}

}  // namespace headway::wire
