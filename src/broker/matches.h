// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "broker/ids.h"
#include "wire/body.h"
#include "wire/match_rule.h"
#include "wire/message.h"

namespace headway::broker {

/// A message as match rules look at it.
struct MatchSubject {
  const wire::Message& message;
  /// The sender's unique name and every well-known name it is primary owner of at this moment, or
  /// the bus's own name (MATCH-020).
  std::span<const std::string_view> sender_names;
  /// The same for the addressed receiver; for a message without a receiver, the DESTINATION text if
  /// there is one.
  std::span<const std::string_view> destination_names;
  wire::Arguments& arguments;
};

/// Who asked for which messages (MATCH-019 .. MATCH-032).
///
/// Rules are grouped by shape, which is the set of keys they use; each shape is one hash table from
/// the values of those keys to rules. A message probes each shape in use once, and once per prefix
/// for keys that name a namespace, and once per name of the sender for a sender key that some rule
/// uses. Cost: grows with the number of shapes (a few dozen at most) and with the matches found,
/// not with the number of rules. Order of results is that of adding, never that of hashing.
class MatchTable {
 public:
  /// `seed` stirs the hashes, so that clients cannot choose values that collide; results never
  /// depend on it.
  explicit MatchTable(std::uint64_t seed = 0);
  ~MatchTable();
  MatchTable(MatchTable&&) noexcept;
  MatchTable& operator=(MatchTable&&) noexcept;

  void add(PeerId peer, const wire::MatchRule& rule);

  /// Removes the most recently added equal rule of this peer; false if there is none (MATCH-028).
  bool remove(PeerId peer, const wire::MatchRule& rule);

  /// Removes all rules of a peer (MATCH-030). Cost: by the number of its rules.
  void remove_all(PeerId peer);

  /// Removes the rules of others that name this vanished unique name as sender or destination
  /// (MATCH-030), reporting whose each was. Its own rules must be gone by then: remove_all() first.
  void remove_naming(std::string_view unique_name, std::vector<PeerId>& owners);

  /// Appends every peer with a matching rule; a peer may come up more than once.
  void find(const MatchSubject& subject, std::vector<PeerId>& found) const;

  /// True if any rule exists: lets a caller skip building a subject.
  [[nodiscard]] bool empty() const;
  /// Number of rules of a peer, and of all.
  [[nodiscard]] std::size_t count(PeerId peer) const;
  [[nodiscard]] std::size_t count() const;

  /// A peer's rules in the order of adding (GetAllMatchRules, STAT-004).
  [[nodiscard]] std::vector<wire::MatchRule> rules_of(PeerId peer) const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace headway::broker
