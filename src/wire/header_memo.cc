// SPDX-License-Identifier: MIT
#include "wire/header_memo.h"

#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

#include "wire/endian.h"
#include "wire/parse.h"

namespace headway::wire {
namespace {

/// How the field that holds a reply's serial begins. Nothing else in a valid header does: at other
/// multiples of eight there is printable text, its padding, or another field.
constexpr auto reply_serial_head = std::bit_cast<std::uint32_t>(
    std::array<std::uint8_t, 4>{static_cast<std::uint8_t>(Field::reply_serial), 1, 'u', 0});
static_assert(std::endian::native == std::endian::little);

std::uint64_t stir(std::uint64_t hash, std::uint64_t word) {
  return (std::rotl(hash, 23) ^ word) * 0x9e37'79b9'7f4a'7c15u;
}

}  // namespace

template <std::size_t Places>
void BasicHeaderMemo<Places>::make_key(const Message& message, Key& key) {
  const std::uint8_t* const fields = message.bytes.data() + prologue_bytes;
  key.count = (message.head_bytes() - prologue_bytes) / 8;
  key.reply_serial_at = 0;
  std::uint64_t even =
      static_cast<std::uint64_t>(message.order) << 8 | static_cast<std::uint64_t>(message.type);
  std::uint64_t odd = message.fields_bytes;
  for (std::size_t i = 0; i < key.count; ++i) {
    auto word = load<std::uint64_t>(fields + 8 * i, native_order);
    if (static_cast<std::uint32_t>(word) == reply_serial_head) {
      word = reply_serial_head;
      key.reply_serial_at = prologue_bytes + 8 * i + 4;
    }
    key.words[i] = word;
    (i % 2 == 0 ? even : odd) = stir(i % 2 == 0 ? even : odd, word);
  }
  const std::uint64_t hash = stir(even, odd);
  key.hash = hash ^ hash >> 32;
}

template <std::size_t Places>
bool BasicHeaderMemo<Places>::is_same(const Known& known, const Key& key, const Message& message) {
  if (known.key.hash != key.hash || known.message.fields_bytes != message.fields_bytes)
    return false;
  if (known.message.order != message.order || known.message.type != message.type) return false;
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < key.count; ++i) difference |= known.key.words[i] ^ key.words[i];
  return difference == 0;
}

template <std::size_t Places>
std::unique_ptr<typename BasicHeaderMemo<Places>::Known> BasicHeaderMemo<Places>::make_known(
    const Key& key, const Message& message) {
  auto known = std::make_unique<Known>();
  known->key = key;
  known->message = message;
  const char* const from = as_text(message.bytes).data() + prologue_bytes;
  const char* const to = reinterpret_cast<const char*>(known->key.words.data());
  Message& kept = known->message;
  for (std::string_view* text : {&kept.path, &kept.interface, &kept.member, &kept.error_name,
                                 &kept.destination, &kept.sender, &kept.signature}) {
    if (text->data() != nullptr) *text = {to + (text->data() - from), text->size()};
  }
  return known;
}

template <std::size_t Places>
const typename BasicHeaderMemo<Places>::Known* BasicHeaderMemo<Places>::find(
    Place& place, const Key& key, const Message& message) {
  if (place.latest && is_same(*place.latest, key, message)) return place.latest.get();
  if (!place.other || !is_same(*place.other, key, message)) return nullptr;
  place.latest.swap(place.other);
  return place.latest.get();
}

/// What is the same in all messages with this header, and the serial that this one answers.
template <std::size_t Places>
std::optional<Fault> BasicHeaderMemo<Places>::take(const Known& known, const Key& key,
                                                   Message& message) {
  const Bytes bytes = message.bytes;
  const std::uint8_t flags = message.flags;
  const std::uint32_t serial = message.serial;
  message = known.message;
  message.bytes = bytes;
  message.flags = flags;
  message.serial = serial;
  if (key.reply_serial_at == 0) return std::nullopt;
  message.reply_serial = load<std::uint32_t>(bytes.data() + key.reply_serial_at, message.order);
  if (message.reply_serial == 0) return Fault::header_field;
  return std::nullopt;
}

template <std::size_t Places>
std::optional<Fault> BasicHeaderMemo<Places>::learn(Place& place, const Key& key,
                                                    Message& message) {
  if (const auto fault = read_fields(message)) return fault;
  // Their values may be anything, also what looks like a reply's serial.
  if (message.has_unknown_fields) return std::nullopt;
  const auto part = static_cast<std::uint32_t>(key.hash >> 32);
  if (std::exchange(seen_once_[key.hash % seen_once_.size()], part) == part) {
    place.other = std::exchange(place.latest, make_known(key, message));
  }
  return std::nullopt;
}

template <std::size_t Places>
std::optional<Fault> BasicHeaderMemo<Places>::parse_header(Bytes bytes, Message& message,
                                                           const Known*& known) {
  known = nullptr;
  message = Message();
  if (const auto fault = read_prologue(bytes, message)) return fault;

  const std::size_t fields_bytes = message.head_bytes() - prologue_bytes;
  if (fields_bytes == 0 || fields_bytes > 8 * words_max) return read_fields(message);
  Key key;
  make_key(message, key);
  Place& place = places_[key.hash % Places];
  known = find(place, key, message);
  return known != nullptr ? take(*known, key, message) : learn(place, key, message);
}

template <std::size_t Places>
std::expected<void, Fault> BasicHeaderMemo<Places>::parse(Bytes bytes, Message& message) {
  const Known* known = nullptr;
  auto fault = parse_header(bytes, message, known);
  if (!fault) fault = check_body(message);
  if (fault) return std::unexpected(*fault);
  return {};
}

template <std::size_t Places>
std::expected<void, Fault> BasicHeaderMemo<Places>::parse_in_place(Bytes bytes, Message& message) {
  const Known* known = nullptr;
  auto fault = parse_header(bytes, message, known);
  if (!fault) {
    if (known != nullptr) {
      const auto* const kept = reinterpret_cast<const std::uint8_t*>(known->key.words.data());
      move_views(message, kept, bytes.data() + prologue_bytes);
    }
    fault = check_body(message);
  }
  if (fault) return std::unexpected(*fault);
  return {};
}

template class BasicHeaderMemo<512>;
template class BasicHeaderMemo<32>;

}  // namespace headway::wire
