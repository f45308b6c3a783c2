// SPDX-License-Identifier: MIT
#include "broker/matches.h"

#include "broker/match_store.h"

namespace headway::broker {

struct MatchTable::Tables : MatchStore {
  using MatchStore::MatchStore;
};

MatchTable::MatchTable(std::uint64_t seed) : tables_(std::make_unique<Tables>(seed)) {}
MatchTable::~MatchTable() = default;
MatchTable::MatchTable(MatchTable&&) noexcept = default;
MatchTable& MatchTable::operator=(MatchTable&&) noexcept = default;

void MatchTable::add(PeerId peer, const wire::MatchRule& rule) { tables_->add(peer, rule); }

bool MatchTable::remove(PeerId peer, const wire::MatchRule& rule) {
  return tables_->remove(peer, rule);
}

void MatchTable::remove_all(PeerId peer) { tables_->remove_all(peer); }

void MatchTable::remove_naming(std::string_view unique_name, std::vector<PeerId>& owners) {
  tables_->remove_naming(unique_name, owners);
}

void MatchTable::find(const MatchSubject& subject, std::vector<PeerId>& found) const {
  probe_matches(*tables_, subject, found);
}

bool MatchTable::empty() const { return tables_->rule_count == 0; }
std::size_t MatchTable::count(PeerId peer) const { return tables_->count(peer); }
std::size_t MatchTable::count() const { return tables_->rule_count; }

std::vector<wire::MatchRule> MatchTable::rules_of(PeerId peer) const {
  return tables_->rules_of(peer);
}

}  // namespace headway::broker
