// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/id_table.h"
#include "broker/ids.h"
#include "broker/matches.h"
#include "wire/match_rule.h"

/// What a MatchTable keeps: internal to matches.cc, match_store.cc and match_probe.cc.
namespace headway::broker {

/// What a rule can ask for, in the order in which a message is asked: the cheap first.
using MatchKey = std::size_t;
inline constexpr MatchKey key_type = 0;
inline constexpr MatchKey key_interface = 1;
inline constexpr MatchKey key_member = 2;
inline constexpr MatchKey key_path = 3;
inline constexpr MatchKey key_sender = 4;
inline constexpr MatchKey key_destination = 5;
inline constexpr MatchKey key_path_namespace = 6;
inline constexpr MatchKey key_argument_namespace = 7;  // arg0namespace
inline constexpr MatchKey key_argument = 8;            // arg0 to arg63
inline constexpr MatchKey key_argument_path = 8 + 64;  // arg0path to arg63path
inline constexpr MatchKey key_limit = 8 + 64 + 64;
inline constexpr MatchKey key_eavesdrop = key_limit;  // tells rules apart, asks for nothing

/// A set of keys.
class MatchKeys {
 public:
  void add(MatchKey key) { words_[key / 64] |= bit(key); }
  [[nodiscard]] bool has(MatchKey key) const { return (words_[key / 64] & bit(key)) != 0; }
  [[nodiscard]] bool intersects(const MatchKeys& other) const {
    return ((words_[0] & other.words_[0]) | (words_[1] & other.words_[1]) |
            (words_[2] & other.words_[2])) != 0;
  }
  /// Calls `visit(key)` in ascending order while it returns true.
  template <class Visit>
  bool all(Visit&& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        if (!visit(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)))) return false;
      }
    }
    return true;
  }
  [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const;
  bool operator==(const MatchKeys&) const = default;

 private:
  static std::uint64_t bit(MatchKey key) { return std::uint64_t{1} << (key % 64); }
  std::array<std::uint64_t, 3> words_{};
};

/// Every text that some rule names, once, as a number: a message's fields are looked up once each,
/// and everything after that compares numbers. A text that nobody names has no number, which
/// settles the shapes that ask for it.
class MatchValues {
 public:
  explicit MatchValues(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] std::uint32_t find(std::string_view text) const;
  /// Counts one more user of `text`.
  [[nodiscard]] std::uint32_t intern(std::string_view text);
  /// One user less; the last one takes the number with it.
  void release(std::uint32_t id);
  [[nodiscard]] std::string_view text(std::uint32_t id) const;

  /// The patterns that name this text as sender or destination (MATCH-030).
  [[nodiscard]] List& senders(std::uint32_t id) { return values_[id].senders; }
  [[nodiscard]] List& destinations(std::uint32_t id) { return values_[id].destinations; }

 private:
  struct Value {
    std::unique_ptr<char[]> text;
    std::uint32_t size = 0;
    std::uint32_t users = 0;
    List senders;
    List destinations;
  };

  std::uint64_t seed_;
  std::size_t size_max_ = 0;  // of any text there has been
  Pool<Value> values_;
  IdTable index_;
};

/// How many texts of each length there are, so that only prefixes of such lengths are looked up.
class LengthCounts {
 public:
  void add(std::size_t length) {
    if (length >= counts_.size()) counts_.resize(length + 1);
    ++counts_[length];
  }
  void drop(std::size_t length) { --counts_[length]; }
  [[nodiscard]] bool has(std::size_t length) const {
    return length < counts_.size() && counts_[length] != 0;
  }
  [[nodiscard]] std::size_t limit() const { return counts_.size(); }

 private:
  std::vector<std::uint32_t> counts_;
};

/// One set of keys that rules use.
struct MatchShape {
  MatchKeys keys;
  std::uint32_t value_count = 0;    // keys that have a value
  std::uint32_t pattern_count = 0;  // 0: free
  List patterns;
  Link in_order;
};

/// One distinct rule, whoever asks for it.
struct MatchPattern {
  std::unique_ptr<std::uint32_t[]> values;  // one per key of the shape, ascending by key
  std::uint32_t shape = no_id;
  List subscribers;  // the oldest of each peer's rules that say this
  Link in_shape;
  Link in_sender;
  Link in_destination;
};

/// One rule of one peer.
struct MatchEntry {
  PeerId peer;
  std::uint32_t pattern = no_id;
  std::uint32_t older = no_id;  // the same peer's previous rule that says the same
  Link in_pattern;              // only for the oldest of them
  Link in_peer;
};

struct MatchPeer {
  PeerId peer;
  std::uint32_t count = 0;
  List entries;  // in the order of adding
};

/// The tables. Everything is a number in a pool; every list is in the order of adding.
class MatchStore {
 public:
  explicit MatchStore(std::uint64_t seed) : values(seed), seed_(seed) {}

  void add(PeerId peer, const wire::MatchRule& rule);
  bool remove(PeerId peer, const wire::MatchRule& rule);
  void remove_all(PeerId peer);
  void remove_naming(std::string_view unique_name, std::vector<PeerId>& owners);
  [[nodiscard]] std::size_t count(PeerId peer) const;
  [[nodiscard]] std::vector<wire::MatchRule> rules_of(PeerId peer) const;

  /// The pattern of this shape with exactly these values, or no_id.
  [[nodiscard]] std::uint32_t find_pattern(std::uint32_t shape, const std::uint32_t* values) const;

  std::size_t rule_count = 0;
  MatchValues values;
  Pool<MatchShape> shapes;
  List shape_order;
  Pool<MatchPattern> patterns;
  Pool<MatchEntry> entries;
  LengthCounts path_namespaces;
  LengthCounts argument_namespaces;
  LengthCounts argument_paths;
  struct ArgumentPath {
    std::uint32_t value = no_id;
    std::uint32_t users = 0;
  };
  /// Values of argNpath keys in the order of their bytes, in which all that start with a given
  /// text are neighbours (the second half of MATCH-014).
  std::map<std::string_view, ArgumentPath> argument_path_order;

 private:
  struct Parts;  // a rule taken apart
  [[nodiscard]] std::uint32_t find_shape(const MatchKeys& keys) const;
  [[nodiscard]] std::uint32_t find_pattern(const Parts& parts) const;
  [[nodiscard]] std::uint64_t pattern_hash(std::uint32_t shape, const std::uint32_t* values) const;
  [[nodiscard]] std::uint32_t find_entry(PeerId peer, std::uint32_t pattern) const;
  [[nodiscard]] std::uint64_t entry_hash(PeerId peer, std::uint32_t pattern) const;
  [[nodiscard]] std::uint32_t find_peer(PeerId peer) const;
  [[nodiscard]] std::uint64_t peer_hash(PeerId peer) const;
  std::uint32_t make_pattern(const Parts& parts);
  std::uint32_t make_shape(const MatchKeys& keys, std::uint32_t value_count);
  std::uint32_t make_peer(PeerId peer);
  void link_value(MatchKey key, std::uint32_t value, std::uint32_t pattern);
  void unlink_value(MatchKey key, std::uint32_t value, std::uint32_t pattern);
  /// `entry` is its peer's newest of its pattern.
  void drop_entry(std::uint32_t entry);
  void drop_pattern(std::uint32_t pattern);
  void drop_rules_of_pattern(std::uint32_t pattern, std::vector<PeerId>& owners);
  [[nodiscard]] wire::MatchRule rule_of(const MatchPattern& pattern) const;

  std::uint64_t seed_;
  Pool<MatchPeer> peers_;
  IdTable shape_index_;
  IdTable pattern_index_;
  IdTable entry_index_;  // by peer and pattern: the newest entry
  IdTable peer_index_;
};

/// Appends the peers whose rules `subject` fits.
void probe_matches(const MatchStore& store, const MatchSubject& subject,
                   std::vector<PeerId>& found);

}  // namespace headway::broker
