// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "wire/message.h"

namespace headway::wire {

/// Headers that were found valid lately. Peers say the same things again and again: the same
/// members of the same objects, replies to the same callers. A header whose fields are byte for
/// byte those of one that was checked needs no second check; the serial that a reply answers is the
/// one thing in it that changes, and is left out of the comparison.
///
/// Bounds: two headers a place, of at most 256 bytes of fields each, 450 bytes of memory once they
/// are in use. A header is kept when it comes the second time, so that what never comes again
/// displaces nothing. Of more than two in a place, those that came last stay, which costs the
/// others time and nothing else. Cost of a header that is known: its bytes are read twice, a word
/// at a time. Of one that is not: the same, beside parsing it.
template <std::size_t Places>
class BasicHeaderMemo {
 public:
  /// What parse_message() says, put into `message`, whose contents mean nothing after a fault. The
  /// views may lie in here instead of in `bytes`: they hold until the next call.
  [[nodiscard]] std::expected<void, Fault> parse(Bytes bytes, Message& message);
  /// The same for who keeps the message: the views lie in `bytes`.
  [[nodiscard]] std::expected<void, Fault> parse_in_place(Bytes bytes, Message& message);

 private:
  static constexpr std::size_t words_max = 32;

  /// The fields with their padding, as words; of a reply, without the serial that it answers.
  struct Key {
    std::array<std::uint64_t, words_max> words;  // not set beyond `count`
    std::size_t count;
    std::size_t reply_serial_at;  // in the message; 0: there is none
    std::uint64_t hash;
  };
  struct Known {
    Key key;
    Message message;  // its views are into `key`
  };

  static void make_key(const Message& message, Key& key);
  static bool is_same(const Known& known, const Key& key, const Message& message);
  static std::unique_ptr<Known> make_known(const Key& key, const Message& message);

  struct Place {
    std::unique_ptr<Known> latest;
    std::unique_ptr<Known> other;
  };
  static const Known* find(Place& place, const Key& key, const Message& message);
  static std::optional<Fault> take(const Known& known, const Key& key, Message& message);
  std::optional<Fault> learn(Place& place, const Key& key, Message& message);
  std::optional<Fault> parse_header(Bytes bytes, Message& message, const Known*& known);

  std::array<Place, Places> places_;
  std::array<std::uint32_t, 4 * Places> seen_once_{};  // parts of hashes
};

/// For who hears everybody, and for who hears a few.
using HeaderMemo = BasicHeaderMemo<512>;
using SmallHeaderMemo = BasicHeaderMemo<32>;
extern template class BasicHeaderMemo<512>;
extern template class BasicHeaderMemo<32>;

}  // namespace headway::wire
