// SPDX-License-Identifier: MIT
// What the model answers for the bus itself.
#include <fmt/format.h>

#include <algorithm>

#include "model.h"
#include "summary.h"
#include "wire/body.h"
#include "wire/build.h"
#include "wire/names.h"

namespace headway::sim {
namespace {

constexpr std::string_view bus = "org.freedesktop.DBus";
constexpr std::uint32_t allow_replacement = 1;
constexpr std::uint32_t replace_existing = 2;
constexpr std::uint32_t do_not_queue = 4;

std::string first_string(const wire::Message& call) {
  return std::string(wire::BodyReader(call.order, call.body()).string());
}

}  // namespace

void Model::serve(PeerNumber caller, const wire::Message& call) {
  Peer& peer = peers_[caller];
  const bool is_call = call.type == wire::MessageType::method_call;
  if (peer.state == State::silent && is_call && call.member == "Hello") return hello(caller, call);
  show(stamped(caller, call));
  if (!is_call) return;
  if (peer.state == State::silent) return refuse(caller, call, "AccessDenied");
  if (!law_allows(call)) return refuse(caller, call, "AccessDenied");

  const std::string_view member = call.member;
  if (member == "Hello") return refuse(caller, call, "Failed");
  if (member == "RequestName") return request_name(caller, call);
  if (member == "ReleaseName") return release_name(caller, call);
  if (member == "AddMatch") return add_match(caller, call);
  if (member == "RemoveMatch") return remove_match(caller, call);
  if (member == "BecomeMonitor") return become_monitor(caller, call);
  if (member == "GetNameOwner") {
    const auto owner = resolve(first_string(call));
    if (!owner) return refuse(caller, call, "NameHasNoOwner");
    return reply(caller, call, fmt::format(" '{}'", name_of(*owner)));
  }
  if (member == "ListQueuedOwners") {
    const auto name = names_.find(first_string(call));
    if (name == names_.end()) return refuse(caller, call, "NameHasNoOwner");
    std::string owners = " [";
    for (const Owner& owner : name->second) owners += name_of(owner.peer) + " ";
    return reply(caller, call, owners + "]");
  }
  if (member == "ReloadConfig") {
    if (peer.uid != 0) return refuse(caller, call, "AccessDenied");
    if (call.expects_reply()) reload_callers_.emplace_back(caller, call.serial);
    return;
  }
  refuse(caller, call, "UnknownMethod");
}

void Model::hello(PeerNumber caller, const wire::Message& call) {
  Peer& peer = peers_[caller];
  const auto complete = std::ranges::count_if(peers_, [](const Peer& other) {
    return other.state == State::active || other.state == State::monitor;
  });
  if (complete >= limits_.max_completed_connections ||
      active_of(peer.uid) >= limits_.max_connections_per_user) {
    show(stamped(caller, call));
    return refuse(caller, call, "LimitsExceeded");
  }
  peer.state = State::active;
  peer.name = fmt::format(":1.{}", next_name_++);
  show(stamped(caller, call));
  reply(caller, call, fmt::format(" '{}'", peer.name));
  announce(peer.name, std::nullopt, caller);
}

void Model::request_name(PeerNumber caller, const wire::Message& call) {
  wire::BodyReader reader(call.order, call.body());
  const std::string name(reader.string());
  const std::uint32_t flags = reader.uint32();
  Peer& peer = peers_[caller];
  if (law_ == Law::strict && wire::is_name_within(name, "org.example.closed")) {
    return refuse(caller, call, "AccessDenied");
  }
  if (peer.names.size() + 1 >= limits_.max_names_per_connection) {
    return refuse(caller, call, "LimitsExceeded");
  }

  std::deque<Owner>& queue = names_[name];
  if (queue.empty()) {
    queue.push_back({caller, flags});
    peer.names.push_back(name);
    announce(name, std::nullopt, caller);
    return reply(caller, call, " 1");
  }
  const Owner owner = queue.front();
  if (owner.peer == caller) {
    queue.front().flags = flags;
    return reply(caller, call, " 4");
  }
  const bool takes_over = (flags & replace_existing) != 0 && (owner.flags & allow_replacement) != 0;
  const auto waiting = std::ranges::find(queue, caller, &Owner::peer);
  const bool waits = waiting != queue.end();
  const auto place = static_cast<std::size_t>(waiting - queue.begin());
  if (waits) queue.erase(waiting);
  if (takes_over) {
    if ((owner.flags & do_not_queue) != 0) {
      queue.pop_front();
      std::erase(peers_[owner.peer].names, name);
    }
    queue.push_front({caller, flags});
    if (!waits) peer.names.push_back(name);
    announce(name, owner.peer, caller);
    return reply(caller, call, " 1");
  }
  if ((flags & do_not_queue) != 0) {
    if (waits) std::erase(peer.names, name);
    return reply(caller, call, " 3");
  }
  std::size_t at = waits ? place : queue.size();
  if ((flags & replace_existing) != 0) at = 1;
  queue.insert(queue.begin() + static_cast<std::ptrdiff_t>(at), {caller, flags});
  if (!waits) peer.names.push_back(name);
  reply(caller, call, " 2");
}

void Model::release_name(PeerNumber caller, const wire::Message& call) {
  const std::string name = first_string(call);
  const auto found = names_.find(name);
  if (found == names_.end()) return reply(caller, call, " 2");
  if (std::ranges::find(found->second, caller, &Owner::peer) == found->second.end()) {
    return reply(caller, call, " 3");
  }
  release(caller, name);
  reply(caller, call, " 1");
}

void Model::release(PeerNumber peer, std::string name) {
  std::erase(peers_[peer].names, name);
  std::deque<Owner>& queue = names_[name];
  const bool was_owner = queue.front().peer == peer;
  std::erase_if(queue, [&](const Owner& owner) { return owner.peer == peer; });
  std::optional<PeerNumber> next;
  if (!queue.empty()) next = queue.front().peer;
  if (queue.empty()) names_.erase(name);
  if (was_owner) announce(name, peer, next);
}

void Model::announce(const std::string& name, std::optional<PeerNumber> from,
                     std::optional<PeerNumber> to) {
  if (from) signal(*from, "NameLost", name);

  wire::HeaderFields fields{.type = wire::MessageType::signal, .serial = 1};
  fields.path = "/org/freedesktop/DBus";
  fields.interface = bus;
  fields.member = "NameOwnerChanged";
  fields.sender = bus;
  fields.signature = "sss";
  std::vector<std::uint8_t> body;
  wire::BodyWriter writer(body);
  writer.string(name);
  writer.string(from ? name_of(*from) : "");
  writer.string(to ? name_of(*to) : "");
  std::vector<std::uint8_t> bytes;
  wire::build_message(fields, body, bytes);
  const auto message = *wire::parse_message(bytes);
  show(summarize(message));
  broadcast(std::nullopt, summarize(message), message);

  if (to) signal(*to, "NameAcquired", name);
}

void Model::add_match(PeerNumber caller, const wire::Message& call) {
  const auto rule = wire::parse_match_rule(first_string(call));
  if (!rule) return refuse(caller, call, "MatchRuleInvalid");
  if (peers_[caller].rules.size() >= limits_.max_match_rules_per_connection) {
    return refuse(caller, call, "LimitsExceeded");
  }
  peers_[caller].rules.push_back(*rule);
  reply(caller, call, "");
}

void Model::remove_match(PeerNumber caller, const wire::Message& call) {
  const auto rule = wire::parse_match_rule(first_string(call));
  if (!rule) return refuse(caller, call, "MatchRuleInvalid");
  std::vector<wire::MatchRule>& rules = peers_[caller].rules;
  const auto found = std::find(rules.rbegin(), rules.rend(), *rule);
  if (found == rules.rend()) return refuse(caller, call, "MatchRuleNotFound");
  rules.erase(std::next(found).base());
  reply(caller, call, "");
}

void Model::become_monitor(PeerNumber caller, const wire::Message& call) {
  if (peers_[caller].uid != 0) return refuse(caller, call, "AccessDenied");
  reply(caller, call, "");
  strip(caller, /*unique_first=*/true);
  if (!is_gone(caller)) peers_[caller].state = State::monitor;
}

}  // namespace headway::sim
