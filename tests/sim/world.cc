// SPDX-License-Identifier: MIT
#include "world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "summary.h"

namespace headway::sim {
namespace {

constexpr std::size_t history_max = 40;
constexpr std::size_t plant_every = 20;  // one fault in so many deliveries

broker::Limits small_limits(Random& random) {
  broker::Limits limits;
  limits.max_outgoing_bytes = 2000 + random.below(4000);
  limits.max_incoming_bytes = 2000 + random.below(4000);
  limits.max_completed_connections = 12;
  limits.max_connections_per_user = 5;
  limits.max_incomplete_connections = 3;
  limits.max_names_per_connection = 4;
  limits.max_match_rules_per_connection = 5;
  limits.max_replies_per_connection = 4;
  if (random.one_in(2)) limits.reply_timeout = std::chrono::seconds(5);
  return limits;
}

broker::BusFacts facts() {
  broker::BusFacts facts;
  facts.id = std::string(32, 'a');
  facts.machine_id = std::string(32, 'b');
  facts.credentials.uid = 0;
  facts.credentials.pid = 1;
  return facts;
}

}  // namespace

std::optional<Plant> plant_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Plant>, 6> plants{{
      {"drop", Plant::drop},
      {"duplicate", Plant::duplicate},
      {"misdeliver", Plant::misdeliver},
      {"reorder", Plant::reorder},
      {"forge-sender", Plant::forge_sender},
      {"keep-peer", Plant::keep_peer},
  }};
  const auto found = std::ranges::find(plants, name, [](const auto& pair) { return pair.first; });
  if (found == plants.end()) return std::nullopt;
  return found->second;
}

World::World(std::uint64_t seed, Plant plant)
    : random_(seed),
      plant_(plant),
      limits_(small_limits(random_)),
      law_(random_.one_in(2) ? Law::open : Law::strict),
      broker_(facts(), {rules_of(law_), limits_, false}, *this),
      model_(limits_, law_) {
  model_.ask_queues_by([this](PeerNumber number, std::size_t sent) {
    const Peer& peer = peers_[number];
    std::size_t bytes = peer.queued_before;
    for (std::size_t i = 0; i < sent && i < peer.sizes.size(); ++i) bytes += peer.sizes[i];
    return bytes > limits_.max_outgoing_bytes;
  });
}

std::optional<std::string> World::live(std::size_t events) {
  for (std::size_t event = 0; event < events && !failure_; ++event) {
    step();
    if (reload_wanted_ && random_.one_in(4)) reload();
  }
  if (!failure_) everybody_leaves();
  if (!failure_) return std::nullopt;
  return fmt::format("{}\nafter:\n  {}", *failure_, fmt::join(history_, "\n  "));
}

void World::deliver(broker::PeerId to, const broker::Frame& frame) {
  const auto found = numbers_.find(to);
  if (found == numbers_.end()) return fail("a message for a peer that was never there");
  PeerNumber number = found->second;
  if (!peers_[number].connected) return fail(fmt::format("a message for {}, who is gone", number));

  std::vector<std::uint8_t> bytes(frame.head.begin(), frame.head.end());
  bytes.insert(bytes.end(), frame.body.begin(), frame.body.end());
  const auto message = wire::parse_message(bytes);
  if (!message) return fail(fmt::format("no message: {}", wire::describe(message.error())));

  const bool strike = plant_ != Plant::none && ++deliveries_ % plant_every == 0;
  if (strike && plant_ == Plant::drop) return;
  if (strike && plant_ == Plant::misdeliver) {
    const auto other = any(&Peer::said_hello);
    if (other) number = *other;
  }
  if (strike && plant_ == Plant::forge_sender) {
    wire::Message forged = *message;
    forged.sender = ":1.999";
    return accept(number, forged, bytes.size());
  }
  if (plant_ == Plant::reorder) {
    if (held_back_ && held_back_for_ == number) {
      accept(number, *message, bytes.size());
      const auto late = std::exchange(held_back_, std::nullopt);
      return accept(number, *wire::parse_message(*late), late->size());
    }
    if (strike && !held_back_) {
      held_back_ = bytes;
      held_back_for_ = number;
      return;
    }
  }
  accept(number, *message, bytes.size());
  if (strike && plant_ == Plant::duplicate) accept(number, *message, bytes.size());
}

void World::accept(PeerNumber to, const wire::Message& message, std::size_t bytes) {
  Peer& peer = peers_[to];
  peer.received.push_back(summarize(message));
  peer.sizes.push_back(bytes);
  peer.queued_bytes += bytes;

  // A unicast from a peer counts against it until read; broadcasts and what monitors see do not.
  std::optional<PeerNumber> from;
  if (message.destination.data() != nullptr && !model_.is_monitor(to)) {
    for (PeerNumber number = 0; number < peers_.size(); ++number) {
      if (model_.name_of(number) == message.sender) from = number;
    }
  }
  peer.queue.push_back({bytes, from});
  if (message.type == wire::MessageType::method_call && message.expects_reply()) {
    peer.to_answer.push_back({std::string(message.sender), message.serial});
  }
}

void World::disconnect(broker::PeerId id, broker::Disconnect) {
  const PeerNumber number = numbers_.at(id);
  disconnected_.push_back(number);
  if (plant_ == Plant::keep_peer) return;
  peers_[number].connected = false;
}

void World::pause_reading(broker::PeerId id, bool paused) {
  peers_[numbers_.at(id)].paused = paused;
}

void World::begin(std::string event) {
  history_.push_back(std::move(event));
  if (history_.size() > history_max) history_.pop_front();
  disconnected_.clear();
  for (Peer& peer : peers_) {
    peer.queued_before = peer.queued_bytes;
    peer.sizes.clear();
    peer.received.clear();
  }
}

void World::check(const Model::Expected& expected) {
  if (failure_) return;
  check_sequences(expected);
  auto gone = disconnected_;
  auto expected_gone = expected.disconnected;
  std::ranges::sort(gone);
  std::ranges::sort(expected_gone);
  if (gone != expected_gone) {
    fail(fmt::format("disconnected {}, not {}", gone, expected_gone));
  }
  for (const PeerNumber number : expected.disconnected) {
    Peer& peer = peers_[number];
    if (peer.connected) fail(fmt::format("{} should be gone", number));
    peer.queue.clear();
    peer.queued_bytes = 0;
    peer.paused = false;
  }
  check_accounts();
}

void World::check_sequences(const Model::Expected& expected) {
  std::vector<std::vector<std::string>> wanted(peers_.size());
  for (const auto& [to, summary] : expected.messages) wanted[to].push_back(summary);
  for (PeerNumber number = 0; number < peers_.size(); ++number) {
    if (peers_[number].received == wanted[number]) continue;
    return fail(fmt::format("peer {} ({}) received\n    {}\n  instead of\n    {}", number,
                            model_.name_of(number), fmt::join(peers_[number].received, "\n    "),
                            fmt::join(wanted[number], "\n    ")));
  }
}

void World::check_accounts() {
  std::vector<std::uint64_t> in_flight(peers_.size());
  std::uint64_t queued = 0;
  for (const Peer& peer : peers_) {
    queued += peer.queued_bytes;
    for (const Waiting& waiting : peer.queue) {
      if (waiting.from) in_flight[*waiting.from] += waiting.bytes;
    }
  }
  const broker::Totals totals = broker_.totals();
  if (totals.queued_bytes != queued) {
    fail(fmt::format("the bus counts {} queued bytes, the peers hold {}", totals.queued_bytes,
                     queued));
  }
  for (PeerNumber number = 0; number < peers_.size(); ++number) {
    const Peer& peer = peers_[number];
    const bool floods = peer.connected && in_flight[number] > limits_.max_incoming_bytes;
    if (peer.connected && floods != peer.paused) {
      fail(fmt::format("peer {} is {}paused with {} bytes in flight", number,
                       peer.paused ? "" : "not ", in_flight[number]));
    }
  }
  if (accepting_paused_ != (model_.incomplete() >= limits_.max_incomplete_connections)) {
    fail(fmt::format("accepting is {}paused with {} logins open", accepting_paused_ ? "" : "not ",
                     model_.incomplete()));
  }
}

void World::fail(std::string what) {
  if (!failure_) failure_ = std::move(what);
}

}  // namespace headway::sim
