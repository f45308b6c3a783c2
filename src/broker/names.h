// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/ids.h"
#include "broker/policy.h"

namespace headway::broker {

using NameId = std::uint32_t;

/// Well-known names, who owns each and who waits for it (BUS-017 .. BUS-030). Unique names are not
/// here: they never change hands. A name exists while somebody owns it, and until it is forgotten.
class NameTable {
 public:
  enum RequestFlag : std::uint32_t {
    allow_replacement = 1,
    replace_existing = 2,
    do_not_queue = 4
  };
  enum class RequestReply : std::uint32_t { primary_owner = 1, in_queue, exists, already_owner };
  enum class ReleaseReply : std::uint32_t { released = 1, non_existent, not_owner };

  /// A change of primary owner; no peer means none.
  struct Change {
    PeerId old_owner;
    PeerId new_owner;
  };
  struct Requested {
    RequestReply reply;
    NameId name;
    std::optional<Change> change;
    bool joined = false;  // the caller was not in the queue before
    bool left = false;    // the caller was in the queue and is not any more (BUS-023)
    PeerId dropped;       // the old owner, if it left the queue for having said do_not_queue
  };
  struct Released {
    ReleaseReply reply;
    std::optional<Change> change;
    bool ended = false;  // nobody is left: the name is to be forgotten
  };
  struct Owner {
    PeerId peer;
    std::uint32_t flags = 0;
  };

  [[nodiscard]] std::optional<NameId> find(std::string_view name) const;

  Requested request(std::string_view name, PeerId peer, std::uint32_t flags, const Policy& policy);
  Released release(NameId name, PeerId peer);

  /// Frees the id of a name that has ended, once everybody who must be told has been.
  void forget(NameId name);

  [[nodiscard]] const std::string& text(NameId name) const { return names_[name].text; }
  [[nodiscard]] PeerId primary(NameId name) const { return names_[name].queue.front().peer; }
  [[nodiscard]] std::span<const Owner> queue(NameId name) const { return names_[name].queue; }
  [[nodiscard]] std::span<const PolicyKey> keys(NameId name) const { return names_[name].keys; }

  /// Finds out anew what each name means to policy (after a reload).
  void rekey(const Policy& policy);

  /// Every name that exists, in an order that depends on history alone.
  [[nodiscard]] std::vector<NameId> all() const;
  [[nodiscard]] std::size_t size() const { return index_.size(); }

 private:
  struct Name {
    std::string text;
    std::vector<Owner> queue;  // the primary owner first
    std::vector<PolicyKey> keys;
  };

  NameId create(std::string_view name, const Policy& policy);

  std::deque<Name> names_;  // never moves: index_ points into the texts
  std::vector<NameId> free_;
  std::unordered_map<std::string_view, NameId> index_;
};

}  // namespace headway::broker
