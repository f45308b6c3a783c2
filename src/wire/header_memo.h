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
/// Bounds: 1024 headers of at most 256 bytes of fields, 450 KiB once all are in use. A header
/// is kept when it comes the second time, so that what never comes again displaces nothing. Two
/// share a place; of more, those that came last stay, which costs the others time and nothing else.
/// Cost of a header that is known: its bytes are read twice, a word at a time. Of one that is not:
/// the same, beside parsing it.
class HeaderMemo {
 public:
  /// What parse_message() says, put into `message`, whose contents mean nothing after a fault. The
  /// views may lie in here instead of in `bytes`: they hold until the next call.
  [[nodiscard]] std::expected<void, Fault> parse(Bytes bytes, Message& message);

 private:
  static constexpr std::size_t places = 512;
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

  std::array<Place, places> places_;
  std::array<std::uint32_t, 4 * places> seen_once_{};  // parts of hashes
};

}  // namespace headway::wire
