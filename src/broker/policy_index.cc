// SPDX-License-Identifier: MIT
#include "broker/policy_index.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <map>
#include <utility>

#include "base/assert.h"
#include "broker/hash.h"

namespace headway::broker {

namespace {

/// Buckets up to this size are scanned: a rule that is out costs less than a hash.
constexpr std::size_t unsplit_max = 6;

template <class Word>
std::uint64_t load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// A number that is the same for equal names, and mostly not for others: of a name, its length, its
/// end and its middle. Names with equal ones cost a comparison.
inline std::uint32_t fingerprint(std::string_view name) {
  const char* const at = name.data();
  const std::size_t size = name.size();
  std::uint64_t end = 0, middle = 0;
  if (size >= 8) {
    end = load<std::uint64_t>(at + size - 8);
    middle = load<std::uint64_t>(at + size / 2 - 4);
  } else if (size >= 4) {
    end = load<std::uint32_t>(at + size - 4);
    middle = load<std::uint32_t>(at);
  } else {
    for (const char c : name) end = end << 8 | static_cast<unsigned char>(c);
  }
  const std::uint64_t hash =
      hash_fold(end ^ 0x2d35'8dcc'aa6c'78a5, (middle ^ 0x8bb8'4b93'962e'acc9) + size);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

/// Fingerprints of both names, or of one and 0, as a cell's key.
std::uint64_t cell_key(std::uint32_t interface, std::uint32_t member) {
  return std::uint64_t{interface} << 32 | member;
}
std::uint64_t cell_place(std::uint64_t key) { return key ^ key >> 32; }

/// Equality of short texts that mostly are equal, without a call.
inline bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() < 8) return a == b;
  const std::size_t last = a.size() - 8;
  std::uint64_t difference =
      load<std::uint64_t>(a.data() + last) ^ load<std::uint64_t>(b.data() + last);
  for (std::size_t at = 0; at < last; at += 8) {
    difference |= load<std::uint64_t>(a.data() + at) ^ load<std::uint64_t>(b.data() + at);
  }
  return difference == 0;
}

/// An absent field counts as a match (POL-028).
inline bool absent_or_equal(std::string_view field, std::string_view value) {
  return field.empty() || equal(field, value);
}

/// The reverse of situation_of, as SkipWhen bits.
constexpr std::uint16_t bits_of(unsigned situation) {
  const auto digit = [&situation](unsigned base) {
    return std::exchange(situation, situation / base) % base;
  };
  unsigned bits = digit(2) != 0 ? unsigned{skip_no_interface} : 0u;
  bits |= digit(2) != 0 ? skip_eavesdropping : skip_no_eavesdropping;
  bits |= digit(2) != 0 ? skip_broadcast : skip_no_broadcast;
  const unsigned reply = digit(3);
  if (reply != 0) bits |= reply == 1 ? skip_requested_reply : skip_unrequested_reply;
  return static_cast<std::uint16_t>(bits | 1u << situation);
}

constexpr std::array<std::uint16_t, situation_count> skip_bits = [] {
  std::array<std::uint16_t, situation_count> table{};
  for (unsigned situation = 0; situation < situation_count; ++situation) {
    table[situation] = bits_of(situation);
  }
  return table;
}();

}  // namespace

std::uint16_t skip_bits_of(Situation situation) { return skip_bits[situation]; }

bool contains(std::span<const PolicyKey> keys, PolicyKey key) {
  return std::ranges::find(keys, key) != keys.end();
}

bool matches(const PolicyProgram::Step& step, std::uint16_t compares, const Delivery& delivery,
             std::span<const PolicyKey> keys) {
  const wire::Message& message = delivery.message;
  // An absent interface is a match too: allow rules, for which it is not, are out by then
  // (POL-029).
  if ((compares & compare_interface) && !absent_or_equal(message.interface, step.interface)) {
    return false;
  }
  if ((compares & compare_member) && !absent_or_equal(message.member, step.member)) return false;
  if ((compares & ~(compare_interface | compare_member)) == 0) return true;

  const PolicyRule& rule = *step.rule;
  if ((compares & compare_error) && !absent_or_equal(message.error_name, rule.error)) return false;
  if ((compares & compare_path) && !absent_or_equal(message.path, rule.path)) return false;
  if ((compares & compare_fds) && (delivery.fds < rule.fds_min || delivery.fds > rule.fds_max)) {
    return false;
  }
  if ((compares & compare_type) && static_cast<std::uint8_t>(message.type) != rule.type) {
    return false;
  }
  return !(compares & compare_prefix) || contains(keys, step.prefix_key);
}

/// One question on its way through the buckets.
struct PolicyIndex::Lookup {
  Lookup(const PolicyProgram& program_in, const Delivery& delivery_in,
         std::span<const PolicyKey> keys_in, Situation situation)
      : program(program_in),
        delivery(delivery_in),
        keys(keys_in),
        skip_bits(skip_bits_of(situation)),
        has_interface(!delivery.message.interface.empty()),
        has_member(!delivery.message.member.empty()) {}

  const PolicyProgram& program;
  const Delivery& delivery;
  std::span<const PolicyKey> keys;
  std::uint16_t skip_bits;
  bool has_interface;
  bool has_member;
  bool has_fingerprints = false;
  std::uint32_t interface = 0;  // fingerprints
  std::uint32_t member = 0;
  std::uint32_t best = 0;  // one more than the highest rank that matched so far

  void take_fingerprints() {
    if (has_fingerprints) return;
    has_fingerprints = true;
    interface = fingerprint(delivery.message.interface);
    member = fingerprint(delivery.message.member);
  }

  [[nodiscard]] bool fits(const Candidate& rule) {
    if (rule.skip_when & skip_bits) return false;
    return rule.compares == 0 || compares_equal(rule);
  }

  [[nodiscard]] bool compares_equal(const Candidate& rule) {
    take_fingerprints();
    if ((rule.compares & compare_interface) && has_interface && rule.interface != interface) {
      return false;
    }
    if ((rule.compares & compare_member) && has_member && rule.member != member) return false;
    return matches(program.steps[rule.rank], rule.compares, delivery, keys);
  }
};

void PolicyIndex::build(const PolicyProgram& program, PolicyRule::Kind kind,
                        std::span<const std::uint32_t> ranks) {
  std::vector<Candidates> by_key(program.key_limit);
  for (auto rank = ranks.rbegin(); rank != ranks.rend(); ++rank) {
    const PolicyProgram::Step& step = program.steps[*rank];
    if (step.rule->kind != kind) continue;
    by_key[step.key].push_back({.rank = *rank,
                                .skip_when = step.skip_when,
                                .compares = step.compares,
                                .interface = fingerprint(step.interface),
                                .member = fingerprint(step.member)});
  }
  buckets_.reserve(by_key.size());
  for (const Candidates& rules : by_key) buckets_.push_back(make_bucket(rules));
  settle_anybody(by_key[0]);
}

void PolicyIndex::settle_anybody(const Candidates& rules) {
  for (Situation situation = 0; situation < situation_count; ++situation) {
    const auto first = std::ranges::find_if(rules, [situation](const Candidate& rule) {
      return (rule.skip_when & skip_bits[situation]) == 0;
    });
    if (first != rules.end()) {
      anybody_[situation] = first->compares == 0 ? first->rank + 1 : undecided;
    }
  }
}

PolicySlice PolicyIndex::keep(const Candidates& rules) {
  const PolicySlice slice{static_cast<std::uint32_t>(candidates_.size()),
                          static_cast<std::uint32_t>(rules.size())};
  candidates_.insert(candidates_.end(), rules.begin(), rules.end());
  return slice;
}

PolicyIndex::Bucket PolicyIndex::make_bucket(const Candidates& rules) {
  Candidates kept;
  unsigned open_types = skip_all_types;  // not yet settled by a higher rule alone
  for (const Candidate& rule : rules) {
    if ((open_types & ~unsigned{rule.skip_when}) == 0) continue;
    kept.push_back(rule);
    if (rule.compares == 0 && (rule.skip_when & ~skip_all_types) == 0) {
      open_types &= rule.skip_when;
    }
  }
  if (kept.size() <= unsplit_max) return {.slice = keep(kept)};

  Split split;
  Candidates open, no_interface;
  std::map<std::uint64_t, Candidates> groups;  // by cell_key
  for (const Candidate& rule : kept) {
    const bool has_interface = rule.compares & compare_interface;
    const bool has_member = rule.compares & compare_member;
    if (!(rule.skip_when & skip_no_interface)) no_interface.push_back(rule);
    if (!has_interface && !has_member) {
      open.push_back(rule);
      continue;
    }
    const std::uint64_t key =
        cell_key(has_interface ? rule.interface : 0, has_member ? rule.member : 0);
    groups[key].push_back(rule);
    split.has_both |= has_interface && has_member;
    split.has_interface |= has_interface && !has_member;
    split.has_member |= has_member && !has_interface;
  }
  split.open = keep(open);
  split.no_interface = keep(no_interface);
  split.no_member = keep(kept);
  make_cells(split, {groups.begin(), groups.end()});
  splits_.push_back(split);
  return {.slice = {}, .split = static_cast<std::uint32_t>(splits_.size())};
}

void PolicyIndex::make_cells(Split& split,
                             const std::vector<std::pair<std::uint64_t, Candidates>>& groups) {
  const std::size_t size = std::bit_ceil(2 * groups.size() + 1);  // at least one cell stays free
  split.cells_first = static_cast<std::uint32_t>(cells_.size());
  split.cells_mask = static_cast<std::uint32_t>(size - 1);
  cells_.resize(cells_.size() + size);
  for (const auto& [key, rules] : groups) {
    std::uint64_t at = cell_place(key) & split.cells_mask;
    while (cells_[split.cells_first + at].slice.count != 0) at = (at + 1) & split.cells_mask;
    cells_[split.cells_first + at] = {key, keep(rules)};
  }
}

inline void PolicyIndex::scan(PolicySlice slice, Lookup& lookup) const {
  const Candidate* rule = candidates_.data() + slice.first;
  const Candidate* const end = rule + slice.count;
  while (rule != end && rule->rank >= lookup.best) {
    if (!lookup.fits(*rule)) {
      ++rule;
      continue;
    }
    lookup.best = rule->rank + 1;
    return;
  }
}

inline void PolicyIndex::scan_cell(const Split& split, std::uint64_t key, Lookup& lookup) const {
  for (std::uint64_t at = cell_place(key) & split.cells_mask;; at = (at + 1) & split.cells_mask) {
    const Cell& cell = cells_[split.cells_first + at];
    if (cell.slice.count == 0) return;
    if (cell.key == key) return scan(cell.slice, lookup);
  }
}

void PolicyIndex::scan_split(const Split& split, Lookup& lookup) const {
  if (!lookup.has_interface) return scan(split.no_interface, lookup);
  if (!lookup.has_member) return scan(split.no_member, lookup);
  scan(split.open, lookup);
  lookup.take_fingerprints();
  if (split.has_interface) scan_cell(split, cell_key(lookup.interface, 0), lookup);
  if (split.has_both) scan_cell(split, cell_key(lookup.interface, lookup.member), lookup);
  if (split.has_member) scan_cell(split, cell_key(0, lookup.member), lookup);
}

inline void PolicyIndex::scan_bucket(PolicyKey key, Lookup& lookup) const {
  HEADWAY_ASSERT(key < buckets_.size());  // else a key of another configuration
  const Bucket& bucket = buckets_[key];
  if (bucket.split != 0) return scan_split(splits_[bucket.split - 1], lookup);
  scan(bucket.slice, lookup);
}

std::uint32_t PolicyIndex::look_up(const PolicyProgram& program, const Delivery& delivery,
                                   std::span<const PolicyKey> keys, Situation situation) const {
  const std::uint32_t anybody = anybody_[situation];
  Lookup lookup(program, delivery, keys, situation);
  if (anybody != undecided) lookup.best = anybody;
  for (const PolicyKey key : keys) scan_bucket(key, lookup);
  if (anybody == undecided) scan_bucket(0, lookup);
  return lookup.best;
}

}  // namespace headway::broker
