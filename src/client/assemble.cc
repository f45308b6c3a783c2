// SPDX-License-Identifier: MIT
#include "client/assemble.h"

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "client/message_data.h"
#include "client/spares.h"
#include "wire/endian.h"
#include "wire/parse.h"

namespace headway::client {
namespace {

using detail::message_data;

constexpr std::size_t flags_at = 2;
constexpr std::size_t body_bytes_at = 4;

/// A header that was found valid, of a message without a body.
struct Head {
  std::vector<std::uint8_t> bytes;
  wire::Message view;  // into `bytes`
  std::size_t reply_serial_at = 0;

  [[nodiscard]] std::optional<wire::Fault> make(wire::HeaderFields fields);
  [[nodiscard]] bool is_of(const wire::HeaderFields& fields) const;
};

std::optional<wire::Fault> Head::make(wire::HeaderFields fields) {
  fields.serial = 1;  // until it is sent
  wire::build_message(fields, {}, bytes);
  view = wire::Message();
  if (const auto fault = wire::read_prologue(bytes, view)) return fault;
  if (const auto fault = wire::read_fields(view)) return fault;
  // The field before the destination is the only one that may begin in this way.
  constexpr std::array<std::uint8_t, 4> begin = {
      static_cast<std::uint8_t>(wire::Field::reply_serial), 1, 'u', 0};
  reply_serial_at = 0;
  for (std::size_t at = wire::prologue_bytes; at < bytes.size() && reply_serial_at == 0; at += 8) {
    if (std::memcmp(bytes.data() + at, begin.data(), begin.size()) == 0) reply_serial_at = at + 4;
  }
  return std::nullopt;
}

bool Head::is_of(const wire::HeaderFields& fields) const {
  return view.type == fields.type && (view.reply_serial == 0) == (fields.reply_serial == 0) &&
         view.member == fields.member && view.path == fields.path &&
         view.destination == fields.destination && view.interface == fields.interface &&
         view.signature == fields.signature && view.error_name == fields.error_name &&
         view.sender == fields.sender;
}

/// Headers made lately in this thread, two to a place.
class Heads {
 public:
  static constexpr std::size_t places = 32;
  static constexpr std::size_t head_bytes_max = 512;  // of one that is kept

  /// In `once` if it is not worth keeping, or cannot be.
  std::expected<const Head*, wire::Fault> of(const wire::HeaderFields& fields, Head& once) {
    Place& place = places_[place_of(fields)];
    if (place.latest && place.latest->is_of(fields)) return place.latest.get();
    if (place.other && place.other->is_of(fields)) {
      place.latest.swap(place.other);
      return place.latest.get();
    }
    if (const auto fault = once.make(fields)) return std::unexpected(*fault);
    if (fields.unix_fds > 0 || once.bytes.size() > head_bytes_max) return &once;
    if (!place.other) place.other = std::make_unique<Head>();
    place.latest.swap(place.other);
    // The views stay right: the bytes move with their memory.
    *place.latest = std::move(once);
    return place.latest.get();
  }

 private:
  struct Place {
    std::unique_ptr<Head> latest;
    std::unique_ptr<Head> other;
  };

  static std::size_t end_of(std::string_view text) {
    return text.empty() ? 0 : static_cast<std::uint8_t>(text.back());
  }
  static std::size_t place_of(const wire::HeaderFields& fields) {
    const std::size_t mixed = fields.member.size() + 3 * end_of(fields.member) +
                              5 * end_of(fields.destination) + 7 * end_of(fields.path) +
                              11 * fields.path.size() + 13 * end_of(fields.interface);
    return (mixed ^ mixed >> 5) % places;
  }

  std::array<Place, places> places_;
};

message_data* stamped(const Head& head, const wire::HeaderFields& fields, Bytes body) {
  const std::size_t total = head.bytes.size() + body.size();
  message_data* const data = message_data::make(total);
  std::uint8_t* const to = data->memory.get();
  std::memcpy(to, head.bytes.data(), head.bytes.size());
  to[flags_at] = fields.flags;
  wire::store(to + body_bytes_at, static_cast<std::uint32_t>(body.size()), fields.order);
  if (head.reply_serial_at != 0) {
    wire::store(to + head.reply_serial_at, fields.reply_serial, fields.order);
  }
  if (!body.empty()) std::memcpy(to + head.bytes.size(), body.data(), body.size());

  wire::Message& view = data->view;
  view = head.view;
  wire::move_views(view, head.bytes.data(), to);
  view.bytes = {to, total};
  view.flags = fields.flags;
  view.serial = 0;
  view.reply_serial = fields.reply_serial;
  return data;
}

/// The thread's heads, or new ones while the thread is ending.
class Borrowed {
 public:
  Borrowed() : heads_(Kept::take()) {
    if (!heads_) heads_ = std::make_unique<Heads>();
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { Kept::give(std::move(heads_)); }
  Heads* operator->() const { return heads_.get(); }

 private:
  using Kept = Spares<std::unique_ptr<Heads>, 1>;
  std::unique_ptr<Heads> heads_;
};

}  // namespace

std::expected<message, wire::Fault> assemble(const wire::HeaderFields& fields, Bytes body,
                                             std::vector<unique_fd>&& fds) {
  const Borrowed heads;
  Head once;
  const auto head = heads->of(fields, once);
  if (!head) return std::unexpected(head.error());
  if ((*head)->bytes.size() + body.size() > wire::message_bytes_max) {
    return std::unexpected(wire::Fault::too_long);
  }
  message_data* const data = stamped(**head, fields, body);
  message result = message_data::handle(data);
  if (const auto fault = wire::check_body(data->view)) return std::unexpected(*fault);
  if (!fds.empty()) data->fds = std::move(fds);
  return result;
}

}  // namespace headway::client
