// SPDX-License-Identifier: MIT
#include "broker/policy_index.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <map>

#include "base/assert.h"
#include "broker/hash.h"

namespace headway::broker {

namespace {

/// Buckets up to this size are scanned: a rule that is out costs less than a hash.
constexpr std::size_t unsplit_max = 6;

std::uint64_t interface_hash(std::string_view interface) { return hash_text(interface, 0); }
std::uint64_t member_hash(std::string_view member) { return hash_text(member, 1); }

std::uint64_t both_hash(std::uint64_t interface, std::uint64_t member) {
  return hash_more(interface, member);
}

/// An absent field counts as a match (POL-028).
bool absent_or_equal(std::string_view field, std::string_view value) {
  return field.empty() || field == value;
}

}  // namespace

std::uint16_t situation_of(const Delivery& delivery) {
  const wire::Message& message = delivery.message;
  const auto type = static_cast<unsigned>(message.type);
  unsigned bits = 1u << (type <= 4 ? type : 0);
  if (message.reply_serial != 0) {
    bits |= delivery.requested_reply ? skip_requested_reply : skip_unrequested_reply;
  }
  bits |= delivery.broadcast ? skip_broadcast : skip_no_broadcast;
  bits |= delivery.eavesdropping ? skip_eavesdropping : skip_no_eavesdropping;
  if (message.interface.empty()) bits |= skip_no_interface;
  return static_cast<std::uint16_t>(bits);
}

bool contains(std::span<const PolicyKey> keys, PolicyKey key) {
  return std::ranges::find(keys, key) != keys.end();
}

bool matches(const PolicyProgram::Step& step, std::uint16_t compares, const Delivery& delivery,
             std::span<const PolicyKey> keys) {
  const PolicyRule& rule = *step.rule;
  const wire::Message& message = delivery.message;
  // An absent interface is a match too: allow rules, for which it is not, are out by then
  // (POL-029).
  if ((compares & compare_interface) && !absent_or_equal(message.interface, rule.interface)) {
    return false;
  }
  if ((compares & compare_member) && !absent_or_equal(message.member, rule.member)) return false;
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
  const PolicyProgram& program;
  const Delivery& delivery;
  std::span<const PolicyKey> keys;
  std::uint16_t situation = 0;
  std::uint32_t best = 0;  // one more than the highest rank that matched so far
  bool hashed = false;
  std::uint64_t interface = 0;
  std::uint64_t member = 0;

  void hash() {
    if (hashed) return;
    hashed = true;
    interface = interface_hash(delivery.message.interface);
    member = member_hash(delivery.message.member);
  }
};

void PolicyIndex::build(const PolicyProgram& program, PolicyRule::Kind kind,
                        std::span<const std::uint32_t> ranks) {
  std::vector<Candidates> by_key(program.key_limit);
  for (auto rank = ranks.rbegin(); rank != ranks.rend(); ++rank) {
    const PolicyProgram::Step& step = program.steps[*rank];
    if (step.rule->kind != kind) continue;
    by_key[step.key].push_back({*rank, step.skip_when, step.compares});
  }
  buckets_.reserve(by_key.size());
  for (const Candidates& rules : by_key) buckets_.push_back(make_bucket(program, rules));
}

PolicySlice PolicyIndex::keep(const Candidates& rules) {
  const PolicySlice slice{static_cast<std::uint32_t>(candidates_.size()),
                          static_cast<std::uint32_t>(rules.size())};
  candidates_.insert(candidates_.end(), rules.begin(), rules.end());
  return slice;
}

PolicyIndex::Bucket PolicyIndex::make_bucket(const PolicyProgram& program,
                                             const Candidates& rules) {
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
  std::map<std::uint64_t, Candidates> groups;  // equal hashes share a cell: candidates all the same
  for (const Candidate& rule : kept) {
    const PolicyRule& text = *program.steps[rule.rank].rule;
    const bool has_interface = rule.compares & compare_interface;
    const bool has_member = rule.compares & compare_member;
    if (!(rule.skip_when & skip_no_interface)) no_interface.push_back(rule);
    if (!has_interface && !has_member) {
      open.push_back(rule);
      continue;
    }
    const std::uint64_t interface = interface_hash(text.interface);
    const std::uint64_t member = member_hash(text.member);
    const std::uint64_t both = both_hash(interface, member);
    groups[has_interface && has_member ? both : has_member ? member : interface].push_back(rule);
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
  for (const auto& [hash, rules] : groups) {
    std::uint64_t at = hash & split.cells_mask;
    while (cells_[split.cells_first + at].slice.count != 0) at = (at + 1) & split.cells_mask;
    cells_[split.cells_first + at] = {hash, keep(rules)};
  }
}

void PolicyIndex::scan(PolicySlice slice, Lookup& lookup) const {
  for (const Candidate& rule : std::span(candidates_).subspan(slice.first, slice.count)) {
    if (rule.rank < lookup.best) return;
    if (rule.skip_when & lookup.situation) continue;
    if (rule.compares == 0 ||
        matches(lookup.program.steps[rule.rank], rule.compares, lookup.delivery, lookup.keys)) {
      lookup.best = rule.rank + 1;
      return;
    }
  }
}

void PolicyIndex::scan_cell(const Split& split, std::uint64_t hash, Lookup& lookup) const {
  for (std::uint64_t at = hash & split.cells_mask;; at = (at + 1) & split.cells_mask) {
    const Cell& cell = cells_[split.cells_first + at];
    if (cell.slice.count == 0) return;
    if (cell.hash == hash) return scan(cell.slice, lookup);
  }
}

void PolicyIndex::scan_split(const Split& split, Lookup& lookup) const {
  if (lookup.delivery.message.interface.empty()) return scan(split.no_interface, lookup);
  if (lookup.delivery.message.member.empty()) return scan(split.no_member, lookup);
  scan(split.open, lookup);
  lookup.hash();
  if (split.has_interface) scan_cell(split, lookup.interface, lookup);
  if (split.has_both) scan_cell(split, both_hash(lookup.interface, lookup.member), lookup);
  if (split.has_member) scan_cell(split, lookup.member, lookup);
}

std::uint32_t PolicyIndex::decide(const PolicyProgram& program, const Delivery& delivery,
                                  std::span<const PolicyKey> keys) const {
  Lookup lookup{
      .program = program, .delivery = delivery, .keys = keys, .situation = situation_of(delivery)};
  const auto visit = [&](PolicyKey key) {
    HEADWAY_ASSERT(key < buckets_.size());  // else a key of another configuration
    const Bucket& bucket = buckets_[key];
    if (bucket.split != 0) return scan_split(splits_[bucket.split - 1], lookup);
    scan(bucket.slice, lookup);
  };
  for (const PolicyKey key : keys) visit(key);
  visit(0);
  return lookup.best;
}

}  // namespace headway::broker
