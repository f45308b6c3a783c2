// SPDX-License-Identifier: MIT
#include "broker/match_store.h"

#include <cstring>
#include <span>

#include "base/assert.h"
#include "broker/hash.h"

namespace headway::broker {

using wire::MatchRule;

std::uint64_t MatchKeys::hash(std::uint64_t seed) const {
  return hash_more(hash_more(hash_more(seed, words_[0]), words_[1]), words_[2]);
}

std::uint32_t MatchValues::find(std::string_view text) const {
  if (text.size() > size_max_) return no_id;
  return index_.find(hash_text(text, seed_),
                     [&](std::uint32_t id) { return this->text(id) == text; });
}

std::uint32_t MatchValues::intern(std::string_view text) {
  std::uint32_t id = find(text);
  if (id == no_id) {
    id = values_.take();
    values_[id].text = std::make_unique_for_overwrite<char[]>(text.size());
    values_[id].size = static_cast<std::uint32_t>(text.size());
    if (!text.empty()) std::memcpy(values_[id].text.get(), text.data(), text.size());
    size_max_ = std::max(size_max_, text.size());
    index_.insert(hash_text(text, seed_), id);
  }
  ++values_[id].users;
  return id;
}

void MatchValues::release(std::uint32_t id) {
  if (--values_[id].users != 0) return;
  index_.erase(hash_text(text(id), seed_), id);
  values_.give_back(id);
}

std::string_view MatchValues::text(std::uint32_t id) const {
  return {values_[id].text.get(), values_[id].size};
}

/// The keys of a rule with their values, in the order of keys.
struct MatchStore::Parts {
  explicit Parts(const MatchRule& rule) {
    if (rule.type) type = static_cast<std::uint32_t>(*rule.type);
    if (rule.type) put(key_type, {});
    const auto put_text = [this](MatchKey key, std::string_view text) {
      if (!text.empty()) put(key, text);
    };
    put_text(key_interface, rule.interface);
    put_text(key_member, rule.member);
    put_text(key_path, rule.path);
    put_text(key_sender, rule.sender);
    put_text(key_destination, rule.destination);
    put_text(key_path_namespace, rule.path_namespace);
    using Kind = MatchRule::ArgumentKind;
    const auto put_arguments = [&](Kind kind, MatchKey first) {
      for (const MatchRule::Argument& argument : rule.arguments) {
        HEADWAY_ASSERT(argument.index < 64);
        if (argument.kind == kind) put(first + argument.index, argument.value);
      }
    };
    put_arguments(Kind::name_space, key_argument_namespace);
    put_arguments(Kind::text, key_argument);
    put_arguments(Kind::path, key_argument_path);
    if (rule.eavesdrop) keys.add(key_eavesdrop);
  }

  void put(MatchKey key, std::string_view text) {
    keys.add(key);
    texts_[count++] = {text.data(), text.size()};
  }
  [[nodiscard]] std::string_view text(std::uint32_t at) const {
    return {texts_[at].data, texts_[at].size};
  }

  MatchKeys keys;
  std::uint32_t type = 0;
  std::uint32_t count = 0;

 private:
  struct Text {
    const char* data;
    std::size_t size;
  };
  std::array<Text, key_limit> texts_;  // the first `count` are set; the rest costs nothing
};

std::uint32_t MatchStore::find_shape(const MatchKeys& keys) const {
  return shape_index_.find(keys.hash(seed_),
                           [&](std::uint32_t id) { return shapes[id].keys == keys; });
}

std::uint64_t MatchStore::pattern_hash(std::uint32_t shape, const std::uint32_t* of) const {
  std::uint64_t hash = hash_more(seed_, shape);
  for (const std::uint32_t value : std::span(of, shapes[shape].value_count)) {
    hash = hash_more(hash, value);
  }
  return hash;
}

std::uint32_t MatchStore::find_pattern(std::uint32_t shape, const std::uint32_t* of) const {
  return pattern_index_.find(pattern_hash(shape, of), [&](std::uint32_t id) {
    return patterns[id].shape == shape &&
           std::equal(of, of + shapes[shape].value_count, patterns[id].values.get());
  });
}

std::uint32_t MatchStore::find_pattern(const Parts& parts) const {
  const std::uint32_t shape = find_shape(parts.keys);
  if (shape == no_id) return no_id;
  std::array<std::uint32_t, key_limit> ids;
  for (std::uint32_t i = 0; i < parts.count; ++i) {
    const bool is_type = i == 0 && parts.type != 0;
    ids[i] = is_type ? parts.type : values.find(parts.text(i));
    if (ids[i] == no_id) return no_id;
  }
  return find_pattern(shape, ids.data());
}

std::uint64_t MatchStore::peer_hash(PeerId peer) const {
  return hash_more(seed_, std::uint64_t{peer.generation} << 32 | peer.slot);
}

std::uint32_t MatchStore::find_peer(PeerId peer) const {
  return peer_index_.find(peer_hash(peer),
                          [&](std::uint32_t id) { return peers_[id].peer == peer; });
}

std::uint64_t MatchStore::entry_hash(PeerId peer, std::uint32_t pattern) const {
  return hash_more(peer_hash(peer), pattern);
}

std::uint32_t MatchStore::find_entry(PeerId peer, std::uint32_t pattern) const {
  return entry_index_.find(entry_hash(peer, pattern), [&](std::uint32_t id) {
    return entries[id].peer == peer && entries[id].pattern == pattern;
  });
}

std::uint32_t MatchStore::make_shape(const MatchKeys& keys, std::uint32_t value_count) {
  const std::uint32_t id = shapes.take();
  shapes[id].keys = keys;
  shapes[id].value_count = value_count;
  append<&MatchShape::in_order>(shapes, shape_order, id);
  shape_index_.insert(keys.hash(seed_), id);
  return id;
}

std::uint32_t MatchStore::make_pattern(const Parts& parts) {
  std::uint32_t shape = find_shape(parts.keys);
  if (shape == no_id) shape = make_shape(parts.keys, parts.count);
  const std::uint32_t id = patterns.take();
  MatchPattern& pattern = patterns[id];
  pattern.values = std::make_unique_for_overwrite<std::uint32_t[]>(parts.count);
  pattern.shape = shape;
  std::uint32_t at = 0;
  parts.keys.all([&](MatchKey key) {
    if (key == key_eavesdrop) return true;
    pattern.values[at] = key == key_type ? parts.type : values.intern(parts.text(at));
    link_value(key, pattern.values[at], id);
    ++at;
    return true;
  });
  pattern_index_.insert(pattern_hash(shape, pattern.values.get()), id);
  append<&MatchPattern::in_shape>(patterns, shapes[shape].patterns, id);
  ++shapes[shape].pattern_count;
  return id;
}

void MatchStore::link_value(MatchKey key, std::uint32_t value, std::uint32_t pattern) {
  if (key == key_sender) {
    append<&MatchPattern::in_sender>(patterns, values.senders(value), pattern);
  } else if (key == key_destination) {
    append<&MatchPattern::in_destination>(patterns, values.destinations(value), pattern);
  } else if (key == key_path_namespace) {
    path_namespaces.add(values.text(value).size());
  } else if (key == key_argument_namespace) {
    argument_namespaces.add(values.text(value).size());
  } else if (key >= key_argument_path) {
    const std::string_view text = values.text(value);
    if (text.ends_with('/')) argument_paths.add(text.size());
    ArgumentPath& path = argument_path_order[text];
    path.value = value;
    ++path.users;
  }
}

void MatchStore::unlink_value(MatchKey key, std::uint32_t value, std::uint32_t pattern) {
  if (key == key_sender) {
    unlink<&MatchPattern::in_sender>(patterns, values.senders(value), pattern);
  } else if (key == key_destination) {
    unlink<&MatchPattern::in_destination>(patterns, values.destinations(value), pattern);
  } else if (key == key_path_namespace) {
    path_namespaces.drop(values.text(value).size());
  } else if (key == key_argument_namespace) {
    argument_namespaces.drop(values.text(value).size());
  } else if (key >= key_argument_path) {
    const std::string_view text = values.text(value);
    if (text.ends_with('/')) argument_paths.drop(text.size());
    const auto at = argument_path_order.find(text);
    if (--at->second.users == 0) argument_path_order.erase(at);
  }
}

std::uint32_t MatchStore::make_peer(PeerId peer) {
  const std::uint32_t id = peers_.take();
  peers_[id].peer = peer;
  peer_index_.insert(peer_hash(peer), id);
  return id;
}

void MatchStore::add(PeerId peer, const MatchRule& rule) {
  const Parts parts(rule);
  std::uint32_t pattern = find_pattern(parts);
  if (pattern == no_id) pattern = make_pattern(parts);
  std::uint32_t owner = find_peer(peer);
  if (owner == no_id) owner = make_peer(peer);

  const std::uint32_t older = find_entry(peer, pattern);
  const std::uint32_t id = entries.take();
  entries[id].peer = peer;
  entries[id].pattern = pattern;
  entries[id].older = older;
  append<&MatchEntry::in_peer>(entries, peers_[owner].entries, id);
  ++peers_[owner].count;
  ++rule_count;
  if (older == no_id) {
    append<&MatchEntry::in_pattern>(entries, patterns[pattern].subscribers, id);
    entry_index_.insert(entry_hash(peer, pattern), id);
  } else {
    entry_index_.replace(entry_hash(peer, pattern), older, id);
  }
}

void MatchStore::drop_entry(std::uint32_t id) {
  const PeerId peer = entries[id].peer;
  const std::uint32_t pattern = entries[id].pattern;
  const std::uint32_t older = entries[id].older;
  if (older == no_id) {
    entry_index_.erase(entry_hash(peer, pattern), id);
    unlink<&MatchEntry::in_pattern>(entries, patterns[pattern].subscribers, id);
  } else {
    entry_index_.replace(entry_hash(peer, pattern), id, older);
  }

  const std::uint32_t owner = find_peer(peer);
  unlink<&MatchEntry::in_peer>(entries, peers_[owner].entries, id);
  entries.give_back(id);
  --rule_count;
  if (--peers_[owner].count == 0) {
    peer_index_.erase(peer_hash(peer), owner);
    peers_.give_back(owner);
  }
  if (patterns[pattern].subscribers.empty()) drop_pattern(pattern);
}

void MatchStore::drop_pattern(std::uint32_t id) {
  const std::uint32_t shape = patterns[id].shape;
  pattern_index_.erase(pattern_hash(shape, patterns[id].values.get()), id);
  std::uint32_t at = 0;
  shapes[shape].keys.all([&](MatchKey key) {
    if (key == key_eavesdrop) return true;
    const std::uint32_t value = patterns[id].values[at++];
    unlink_value(key, value, id);
    if (key != key_type) values.release(value);
    return true;
  });
  unlink<&MatchPattern::in_shape>(patterns, shapes[shape].patterns, id);
  patterns.give_back(id);
  if (--shapes[shape].pattern_count != 0) return;
  shape_index_.erase(shapes[shape].keys.hash(seed_), shape);
  unlink<&MatchShape::in_order>(shapes, shape_order, shape);
  shapes.give_back(shape);
}

bool MatchStore::remove(PeerId peer, const MatchRule& rule) {
  const std::uint32_t pattern = find_pattern(Parts(rule));
  if (pattern == no_id) return false;
  const std::uint32_t newest = find_entry(peer, pattern);
  if (newest == no_id) return false;
  drop_entry(newest);
  return true;
}

void MatchStore::remove_all(PeerId peer) {
  // From the newest on, so that each is the newest of its pattern.
  for (std::uint32_t owner = find_peer(peer); owner != no_id; owner = find_peer(peer)) {
    drop_entry(peers_[owner].entries.last);
  }
}

void MatchStore::remove_naming(std::string_view unique_name, std::vector<PeerId>& owners) {
  // The number of the name goes away with the last rule that has it.
  for (std::uint32_t id; (id = values.find(unique_name)) != no_id;) {
    const List senders = values.senders(id);
    const std::uint32_t first = senders.empty() ? values.destinations(id).first : senders.first;
    if (first == no_id) return;
    drop_rules_of_pattern(first, owners);
  }
}

void MatchStore::drop_rules_of_pattern(std::uint32_t pattern, std::vector<PeerId>& owners) {
  for (bool last = false; !last;) {  // the pattern goes away with its last subscriber
    const List subscribers = patterns[pattern].subscribers;
    last = subscribers.first == subscribers.last;
    const PeerId peer = entries[subscribers.first].peer;
    for (std::uint32_t id = find_entry(peer, pattern), older; id != no_id; id = older) {
      older = entries[id].older;
      drop_entry(id);
      owners.push_back(peer);
    }
  }
}

std::size_t MatchStore::count(PeerId peer) const {
  const std::uint32_t owner = find_peer(peer);
  return owner == no_id ? 0 : peers_[owner].count;
}

MatchRule MatchStore::rule_of(const MatchPattern& pattern) const {
  MatchRule rule;
  using Kind = MatchRule::ArgumentKind;
  std::uint32_t at = 0;
  const auto put_argument = [&](MatchKey index, Kind kind, std::string_view text) {
    rule.arguments.push_back({static_cast<std::uint8_t>(index), kind, std::string(text)});
  };
  shapes[pattern.shape].keys.all([&](MatchKey key) {
    if (key == key_eavesdrop) {
      rule.eavesdrop = true;
      return true;
    }
    const std::uint32_t value = pattern.values[at++];
    if (key == key_type) {
      rule.type = static_cast<wire::MessageType>(value);
      return true;
    }
    const std::string_view text = values.text(value);
    if (key == key_interface) rule.interface = text;
    if (key == key_member) rule.member = text;
    if (key == key_path) rule.path = text;
    if (key == key_sender) rule.sender = text;
    if (key == key_destination) rule.destination = text;
    if (key == key_path_namespace) rule.path_namespace = text;
    if (key == key_argument_namespace) put_argument(0, Kind::name_space, text);
    if (key >= key_argument && key < key_argument_path) {
      put_argument(key - key_argument, Kind::text, text);
    }
    if (key >= key_argument_path) put_argument(key - key_argument_path, Kind::path, text);
    return true;
  });
  std::ranges::sort(rule.arguments);
  return rule;
}

std::vector<MatchRule> MatchStore::rules_of(PeerId peer) const {
  std::vector<MatchRule> rules;
  const std::uint32_t owner = find_peer(peer);
  if (owner == no_id) return rules;
  rules.reserve(peers_[owner].count);
  for (std::uint32_t id = peers_[owner].entries.first; id != no_id; id = entries[id].in_peer.next) {
    rules.push_back(rule_of(patterns[entries[id].pattern]));
  }
  return rules;
}

}  // namespace headway::broker
