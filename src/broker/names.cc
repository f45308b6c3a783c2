// SPDX-License-Identifier: MIT
#include "broker/names.h"

#include <algorithm>

#include "base/assert.h"

namespace headway::broker {

std::optional<NameId> NameTable::find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

NameTable::Requested NameTable::request(std::string_view text, PeerId peer, std::uint32_t flags,
                                        const Policy& policy) {
  const auto existing = find(text);
  if (!existing) {
    const NameId id = create(text, policy);
    names_[id].queue.push_back({peer, flags});
    return {RequestReply::primary_owner, id, Change{{}, peer}, true, false, {}};
  }

  std::vector<Owner>& queue = names_[*existing].queue;
  const auto place = std::ranges::find(queue, peer, &Owner::peer);
  if (place == queue.begin()) {
    place->flags = flags;
    return {RequestReply::already_owner, *existing, std::nullopt, false, false, {}};
  }

  const bool queued = place != queue.end();
  const bool takes_over =
      (flags & replace_existing) != 0 && (queue.front().flags & allow_replacement) != 0;
  if (!takes_over) {
    if ((flags & do_not_queue) != 0) {
      if (queued) queue.erase(place);
      return {RequestReply::exists, *existing, std::nullopt, false, queued, {}};
    }
    // BUS-025: asking to replace puts a peer right behind the owner; otherwise places are kept.
    if (queued) place->flags = flags;
    if ((flags & replace_existing) != 0) {
      if (queued) queue.erase(place);
      queue.insert(queue.begin() + 1, {peer, flags});
    } else if (!queued) {
      queue.push_back({peer, flags});
    }
    return {RequestReply::in_queue, *existing, std::nullopt, !queued, false, {}};
  }

  if (queued) queue.erase(place);
  const Owner old = queue.front();
  const bool drops = (old.flags & do_not_queue) != 0;
  queue.insert(queue.begin(), {peer, flags});
  if (drops) queue.erase(queue.begin() + 1);
  return {RequestReply::primary_owner, *existing, Change{old.peer, peer}, !queued, false,
          drops ? old.peer : PeerId{}};
}

NameTable::Released NameTable::release(NameId id, PeerId peer) {
  std::vector<Owner>& queue = names_[id].queue;
  const auto place = std::ranges::find(queue, peer, &Owner::peer);
  if (place == queue.end()) return {ReleaseReply::not_owner, std::nullopt, false};

  const bool was_primary = place == queue.begin();
  queue.erase(place);
  if (!was_primary) return {ReleaseReply::released, std::nullopt, false};
  if (!queue.empty()) {
    return {ReleaseReply::released, Change{peer, queue.front().peer}, false};
  }
  return {ReleaseReply::released, Change{peer, {}}, true};
}

void NameTable::forget(NameId id) {
  HEADWAY_ASSERT(names_[id].queue.empty());
  index_.erase(names_[id].text);
  names_[id] = {};
  free_.push_back(id);
}

void NameTable::rekey(const Policy& policy) {
  for (const NameId id : all()) {
    names_[id].keys.clear();
    policy.keys_of(names_[id].text, names_[id].keys);
  }
}

std::vector<NameId> NameTable::all() const {
  std::vector<NameId> ids;
  ids.reserve(index_.size());
  for (NameId id = 0; id < names_.size(); ++id) {
    if (!names_[id].queue.empty()) ids.push_back(id);
  }
  return ids;
}

NameId NameTable::create(std::string_view text, const Policy& policy) {
  NameId id;
  if (free_.empty()) {
    id = static_cast<NameId>(names_.size());
    names_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  names_[id].text = text;
  policy.keys_of(text, names_[id].keys);
  index_.emplace(names_[id].text, id);
  return id;
}

}  // namespace headway::broker
