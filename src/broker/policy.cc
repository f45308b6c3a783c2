// SPDX-License-Identifier: MIT
#include "broker/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "broker/policy_index.h"

namespace headway::broker {

namespace {

using Context = PolicySection::Context;
using Kind = PolicyRule::Kind;

/// Sets that nobody uses are kept up to this number of sets, so that a short connection of a user
/// who has no other does not compile anything.
constexpr std::size_t cached_sets_max = 64;

/// The place of a section in POL-003's order; sections of one place stay as configured.
std::tuple<Context, std::uint32_t, const PolicySection*> place_of(const PolicySection* section) {
  const bool numbered = section->context == Context::group || section->context == Context::user;
  return {section->context, numbered ? section->id : 0, section};
}

std::uint16_t skip_bits(const PolicyRule& rule) {
  unsigned bits = 0;
  if (rule.type != 0) {
    bits = skip_all_types & ~(1u << (rule.type <= 4 ? rule.type : 0));
  }
  const bool eavesdrop = rule.eavesdrop.value_or(false);
  const bool requested_reply = rule.requested_reply.value_or(rule.allow);
  if (rule.allow && requested_reply && !eavesdrop) bits |= skip_unrequested_reply;
  if (!rule.allow && !requested_reply) bits |= skip_requested_reply;
  if (rule.kind == Kind::receive) {
    if (rule.allow && !eavesdrop) bits |= skip_eavesdropping;
    if (!rule.allow && eavesdrop) bits |= skip_no_eavesdropping;
  }
  if (rule.broadcast) bits |= *rule.broadcast ? skip_no_broadcast : skip_broadcast;
  if (rule.allow && !rule.interface.empty()) bits |= skip_no_interface;
  return static_cast<std::uint16_t>(bits);
}

std::uint16_t compare_bits(const PolicyRule& rule) {
  unsigned bits = 0;
  if (!rule.interface.empty()) bits |= compare_interface;
  if (!rule.member.empty()) bits |= compare_member;
  if (!rule.error.empty()) bits |= compare_error;
  if (!rule.path.empty()) bits |= compare_path;
  if (rule.fds_min != 0 || rule.fds_max != PolicyRule{}.fds_max) bits |= compare_fds;
  if (rule.type > 4) bits |= compare_type;
  if (!rule.peer.empty() && !rule.peer_prefix.empty()) bits |= compare_prefix;
  return static_cast<std::uint16_t>(bits);
}

/// Calls `visit` with `name` and each shorter prefix that ends before a dot.
template <class Visit>
void for_each_prefix(std::string_view name, Visit&& visit) {
  visit(name);
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    visit(name.substr(0, dot));
  }
}

bool applies_to(const PolicyProgram::Section& section, const Identity& identity) {
  switch (section.context) {
    case Context::defaults:
    case Context::mandatory:
      return true;
    case Context::group:
      return std::ranges::binary_search(identity.groups, section.id);
    case Context::user:
      return identity.uid == section.id;
    case Context::at_console:
      return identity.at_console;
    case Context::not_at_console:
      return !identity.at_console;
  }
  return false;
}

/// The rules of a set that match, latest first, without the deciding one.
std::vector<const PolicyRule*> overridden(const PolicyProgram& program,
                                          std::span<const std::uint32_t> ranks, Kind kind,
                                          const Delivery& delivery,
                                          std::span<const PolicyKey> keys) {
  const std::uint16_t skip_bits = skip_bits_of(situation_of(delivery));
  std::vector<const PolicyRule*> found;
  for (auto rank = ranks.rbegin(); rank != ranks.rend(); ++rank) {
    const PolicyProgram::Step& step = program.steps[*rank];
    if (step.rule->kind != kind || (step.skip_when & skip_bits)) continue;
    if (step.key != 0 && !contains(keys, step.key)) continue;
    if (matches(step, step.compares, delivery, keys)) found.push_back(step.rule);
  }
  if (!found.empty()) found.erase(found.begin());
  return found;
}

}  // namespace

PolicyProgram::PolicyProgram(PolicyRules rules_in) : rules(std::move(rules_in)) {
  std::vector<const PolicySection*> ordered;
  for (const PolicySection& section : rules.sections) ordered.push_back(&section);
  std::ranges::sort(ordered, {}, place_of);

  const auto key_of = [this](auto& keys, const std::string& text) {
    const auto [at, added] = keys.try_emplace(text, key_limit);
    if (added) ++key_limit;
    return at->second;
  };
  for (const PolicySection* section : ordered) {
    const auto first = static_cast<std::uint32_t>(steps.size());
    for (const PolicyRule& rule : section->rules) {
      Step step{.rule = &rule, .allow = rule.allow, .log = rule.log};
      if (rule.kind == Kind::send || rule.kind == Kind::receive) {
        step.interface = rule.interface;
        step.member = rule.member;
        step.skip_when = skip_bits(rule);
        step.compares = compare_bits(rule);
        if (!rule.peer_prefix.empty()) step.prefix_key = key_of(prefixes, rule.peer_prefix);
        step.key = rule.peer.empty() ? step.prefix_key : key_of(names, rule.peer);
      }
      steps.push_back(step);
    }
    const auto count = static_cast<std::uint32_t>(section->rules.size());
    sections.push_back({section->context, section->id, {first, count}});
  }
}

PolicySet::Index::Index(std::shared_ptr<const PolicyProgram> program_in,
                        std::vector<std::uint32_t> ranks_in)
    : program(std::move(program_in)), ranks(std::move(ranks_in)) {
  send.build(*program, Kind::send, ranks);
  receive.build(*program, Kind::receive, ranks);
  for (const std::uint32_t rank : ranks) {  // ascending: the last one stays
    const PolicyRule& rule = *program->steps[rank].rule;
    if (rule.kind != Kind::own) continue;
    switch (rule.own) {
      case PolicyRule::Own::any:
        own_any = rank + 1;
        break;
      case PolicyRule::Own::exact:
        own_names[rule.name] = rank + 1;
        break;
      case PolicyRule::Own::prefix:
        own_prefixes[rule.name] = rank + 1;
        break;
    }
  }
}

Verdict PolicySet::Index::verdict(std::uint32_t decided) const {
  if (decided == 0) return {};
  const PolicyProgram::Step& step = program->steps[decided - 1];
  return {.allowed = step.allow, .log = step.log, .rule = step.rule};
}

PolicySet::PolicySet() = default;
PolicySet::~PolicySet() = default;

Verdict PolicySet::may_send(const Delivery& delivery, std::span<const PolicyKey> receiver) const {
  return index_->verdict(index_->send.decide(*index_->program, delivery, receiver));
}

Verdict PolicySet::may_receive(const Delivery& delivery, std::span<const PolicyKey> sender) const {
  return index_->verdict(index_->receive.decide(*index_->program, delivery, sender));
}

Verdict PolicySet::may_own(std::string_view name) const {
  std::uint32_t decided = index_->own_any;
  const auto look_up = [&](const auto& ranks, std::string_view text) {
    if (const auto at = ranks.find(text); at != ranks.end())
      decided = std::max(decided, at->second);
  };
  look_up(index_->own_names, name);
  for_each_prefix(name, [&](std::string_view text) { look_up(index_->own_prefixes, text); });
  return index_->verdict(decided);
}

std::vector<const PolicyRule*> PolicySet::overridden_send(
    const Delivery& delivery, std::span<const PolicyKey> receiver) const {
  return overridden(*index_->program, index_->ranks, Kind::send, delivery, receiver);
}

std::vector<const PolicyRule*> PolicySet::overridden_receive(
    const Delivery& delivery, std::span<const PolicyKey> sender) const {
  return overridden(*index_->program, index_->ranks, Kind::receive, delivery, sender);
}

struct Policy::Compiled {
  explicit Compiled(PolicyRules rules)
      : program(std::make_shared<const PolicyProgram>(std::move(rules))) {
    for (const PolicyProgram::Section& section : program->sections) {
      if (section.context == Context::group) groups.insert(section.id);
      if (section.context == Context::user) users.insert(section.id);
    }
  }

  /// What of an identity decides which sections apply to it.
  [[nodiscard]] Identity relevant(const Identity& identity) const {
    Identity part{.uid = {}, .groups = {}, .at_console = identity.at_console};
    if (identity.uid && users.contains(*identity.uid)) part.uid = identity.uid;
    std::ranges::copy_if(identity.groups, std::back_inserter(part.groups),
                         [this](std::uint32_t group) { return groups.contains(group); });
    return part;
  }

  struct Less {
    bool operator()(const Identity& a, const Identity& b) const {
      return std::tie(a.uid, a.groups, a.at_console) < std::tie(b.uid, b.groups, b.at_console);
    }
  };

  std::shared_ptr<const PolicyProgram> program;
  std::unordered_set<std::uint32_t> groups;  // that some section is about
  std::unordered_set<std::uint32_t> users;
  std::map<Identity, std::shared_ptr<const PolicySet>, Less> sets;
};

Policy::Policy(PolicyRules rules) : compiled_(std::make_unique<Compiled>(std::move(rules))) {}
Policy::~Policy() = default;

std::shared_ptr<const PolicySet> Policy::for_identity(const Identity& identity) {
  auto& sets = compiled_->sets;
  Identity part = compiled_->relevant(identity);
  if (const auto at = sets.find(part); at != sets.end()) return at->second;

  std::vector<std::uint32_t> ranks;
  for (const PolicyProgram::Section& section : compiled_->program->sections) {
    if (!applies_to(section, identity)) continue;
    for (std::uint32_t i = 0; i < section.ranks.count; ++i)
      ranks.push_back(section.ranks.first + i);
  }
  std::shared_ptr<PolicySet> set(new PolicySet);
  set->index_ = std::make_unique<const PolicySet::Index>(compiled_->program, std::move(ranks));

  if (sets.size() >= cached_sets_max) {
    std::erase_if(sets, [](const auto& cached) { return cached.second.use_count() == 1; });
  }
  sets.emplace(std::move(part), set);
  return set;
}

Verdict Policy::may_connect(const Identity& identity, std::uint32_t bus_uid) const {
  const PolicyProgram& program = *compiled_->program;
  if (!identity.uid) return {};  // POL-049: not policy's to allow
  for (auto section = program.sections.rbegin(); section != program.sections.rend(); ++section) {
    if (section->context != Context::defaults && section->context != Context::mandatory) continue;
    for (std::uint32_t i = section->ranks.count; i-- > 0;) {
      const PolicyRule& rule = *program.steps[section->ranks.first + i].rule;
      if (rule.kind != Kind::connect) continue;
      if (rule.uid && rule.uid != identity.uid) continue;
      if (rule.gid && !std::ranges::binary_search(identity.groups, *rule.gid)) continue;
      return {.allowed = rule.allow, .log = rule.log, .rule = &rule};
    }
  }
  return {.allowed = *identity.uid == bus_uid};
}

void Policy::keys_of(std::string_view name, std::vector<PolicyKey>& keys) const {
  const PolicyProgram& program = *compiled_->program;
  const auto look_up = [&](const auto& known, std::string_view text) {
    const auto at = known.find(text);
    if (at == known.end()) return;
    const auto place = std::ranges::lower_bound(keys, at->second);
    if (place == keys.end() || *place != at->second) keys.insert(place, at->second);
  };
  look_up(program.names, name);
  for_each_prefix(name, [&](std::string_view text) { look_up(program.prefixes, text); });
}

std::string Policy::file_of(const PolicyRule& rule) const {
  const auto& files = compiled_->program->rules.files;
  return rule.source.file < files.size() ? files[rule.source.file] : "?";
}

std::string Policy::where(const PolicyRule& rule) const {
  return fmt::format("{}:{}", file_of(rule), rule.source.line);
}

}  // namespace headway::broker
