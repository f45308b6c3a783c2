// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/policy.h"
#include "broker/policy_rules.h"

/// How policy is compiled: internal to policy.cc and policy_index.cc.
namespace headway::broker {

/// A condition that a rule does not apply under, and that a delivery is known to fulfil before any
/// rule is looked at. A rule is out if it shares a bit with the delivery.
enum SkipWhen : std::uint16_t {
  skip_other_type = 1u << 0,  // bits 1 to 4: the four message types
  skip_all_types = 0x1f,
  skip_requested_reply = 1u << 5,    // POL-027
  skip_unrequested_reply = 1u << 6,  // POL-027
  skip_broadcast = 1u << 7,          // POL-030
  skip_no_broadcast = 1u << 8,       // POL-030
  skip_eavesdropping = 1u << 9,      // POL-040
  skip_no_eavesdropping = 1u << 10,  // POL-040
  skip_no_interface = 1u << 11,      // POL-029
};

/// All that rules can be skipped by, as one small number: what is known of a delivery before any
/// rule is looked at.
using Situation = std::uint8_t;
inline constexpr Situation situation_count = 5 * 3 * 2 * 2 * 2;
[[nodiscard]] inline Situation situation_of(const Delivery& delivery) {
  const wire::Message& message = delivery.message;
  const auto type = static_cast<unsigned>(message.type);
  unsigned number = type <= 4 ? type : 0;
  number = number * 3 + (message.reply_serial == 0 ? 0u : delivery.requested_reply ? 1u : 2u);
  number = number * 2 + (delivery.broadcast ? 1u : 0u);
  number = number * 2 + (delivery.eavesdropping ? 1u : 0u);
  number = number * 2 + (message.interface.empty() ? 1u : 0u);
  return static_cast<Situation>(number);
}
/// The same as SkipWhen bits.
[[nodiscard]] std::uint16_t skip_bits_of(Situation situation);

/// What has to be compared for rules that are not out.
enum Compare : std::uint16_t {
  compare_interface = 1u << 0,
  compare_member = 1u << 1,
  compare_error = 1u << 2,
  compare_path = 1u << 3,
  compare_fds = 1u << 4,
  compare_type = 1u << 5,    // a rule about a type this protocol version does not name
  compare_prefix = 1u << 6,  // a rule with both a name and a prefix
};

/// A slice of one vector.
struct PolicySlice {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// All of one configuration's rules in the order of POL-003, which is the same for everybody since
/// groups are ascending: a rule's rank, its place in this order, is its priority in every set.
struct PolicyProgram {
  struct Step {
    const PolicyRule* rule = nullptr;
    std::string_view interface;  // these and the last two are the rule's, nearer at hand
    std::string_view member;
    PolicyKey key = 0;         // of the name, else of the prefix, else 0
    PolicyKey prefix_key = 0;  // only with compare_prefix
    std::uint16_t skip_when = 0;
    std::uint16_t compares = 0;
    bool allow = false;
    bool log = false;
  };
  struct Section {
    PolicySection::Context context = PolicySection::Context::defaults;
    std::uint32_t id = 0;
    PolicySlice ranks;
  };

  explicit PolicyProgram(PolicyRules rules_in);
  PolicyProgram(const PolicyProgram&) = delete;

  PolicyRules rules;
  std::vector<Step> steps;  // by rank
  std::vector<Section> sections;
  std::unordered_map<std::string_view, PolicyKey> names;     // from 1
  std::unordered_map<std::string_view, PolicyKey> prefixes;  // the same numbers go on
  PolicyKey key_limit = 1;
};

/// The send or the receive rules of one set.
///
/// A bucket per key holds the rules about it, highest rank first; bucket 0 those about anybody.
/// What a higher rule settles alone is left out. Buckets with many rules are split further by
/// interface and member. Names are found by fingerprints: whatever a lookup finds is only a
/// candidate until matches() agrees. What bucket 0 says without comparing anything is worked out
/// beforehand, so that for most messages of most configurations a check is one look into a table.
class PolicyIndex {
 public:
  void build(const PolicyProgram& program, PolicyRule::Kind kind,
             std::span<const std::uint32_t> ranks);

  /// One more than the deciding rank, or 0 when no rule matches.
  [[nodiscard]] std::uint32_t decide(const PolicyProgram& program, const Delivery& delivery,
                                     std::span<const PolicyKey> keys) const {
    const Situation situation = situation_of(delivery);
    const std::uint32_t anybody = anybody_[situation];
    if (keys.empty() && anybody != undecided) return anybody;
    return look_up(program, delivery, keys, situation);
  }

 private:
  struct Candidate {
    std::uint32_t rank = 0;
    std::uint16_t skip_when = 0;
    std::uint16_t compares = 0;
    std::uint32_t interface = 0;  // fingerprints
    std::uint32_t member = 0;
  };
  /// Rules by what they say about interface and member, for messages that have both; and two whole
  /// lists for messages that lack either, to which absent-field semantics apply (POL-028, POL-029).
  struct Split {
    PolicySlice open;          // neither interface nor member in the rule
    PolicySlice no_interface;  // for messages without interface: all but allow rules with one
    PolicySlice no_member;     // for messages with interface and without member: all
    std::uint32_t cells_first = 0;
    std::uint32_t cells_mask = 0;
    bool has_interface = false;  // the forms of rule that occur
    bool has_member = false;
    bool has_both = false;
  };
  struct Cell {
    std::uint64_t key = 0;
    PolicySlice slice;  // empty: the cell is free
  };
  struct Bucket {
    PolicySlice slice;
    std::uint32_t split = 0;  // one more than its index; 0: `slice` is all there is
  };
  struct Lookup;
  using Candidates = std::vector<Candidate>;

  static constexpr std::uint32_t undecided = ~0u;

  PolicySlice keep(const Candidates& rules);
  Bucket make_bucket(const Candidates& rules);
  void make_cells(Split& split, const std::vector<std::pair<std::uint64_t, Candidates>>& groups);
  [[nodiscard]] std::uint32_t look_up(const PolicyProgram& program, const Delivery& delivery,
                                      std::span<const PolicyKey> keys, Situation situation) const;
  void settle_anybody(const Candidates& rules);
  void scan(PolicySlice slice, Lookup& lookup) const;
  void scan_cell(const Split& split, std::uint64_t key, Lookup& lookup) const;
  void scan_split(const Split& split, Lookup& lookup) const;
  void scan_bucket(PolicyKey key, Lookup& lookup) const;

  std::vector<Bucket> buckets_;
  std::vector<Candidate> candidates_;
  std::vector<Split> splits_;
  std::vector<Cell> cells_;
  // Bucket 0's answer, like decide()'s, or that it takes comparing to know.
  std::array<std::uint32_t, situation_count> anybody_{};
};

struct PolicySet::Index {
  Index(std::shared_ptr<const PolicyProgram> program_in, std::vector<std::uint32_t> ranks_in);

  [[nodiscard]] Verdict verdict(std::uint32_t decided) const;

  std::shared_ptr<const PolicyProgram> program;
  std::vector<std::uint32_t> ranks;  // of this set, ascending
  PolicyIndex send;
  PolicyIndex receive;
  // One more than the highest rank, by name; the views are into the program's rules.
  std::unordered_map<std::string_view, std::uint32_t> own_names;
  std::unordered_map<std::string_view, std::uint32_t> own_prefixes;
  std::uint32_t own_any = 0;
};

[[nodiscard]] bool contains(std::span<const PolicyKey> keys, PolicyKey key);

/// The comparisons of `step` that `compares` names; `keys` are those of the other side.
[[nodiscard]] bool matches(const PolicyProgram::Step& step, std::uint16_t compares,
                           const Delivery& delivery, std::span<const PolicyKey> keys);

}  // namespace headway::broker
