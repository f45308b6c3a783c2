// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/limits.h"
#include "broker/policy_rules.h"
#include "wire/match_rule.h"
#include "wire/message.h"

namespace headway::sim {

/// A peer as the world numbers them; the model knows nothing of the broker's ids.
using PeerNumber = std::size_t;

/// The policies that worlds live under; the model decides them by hand.
enum class Law { open, strict };
[[nodiscard]] broker::PolicyRules rules_of(Law law);

/// A message bus as simple as it can be written: vectors, linear searches, no indexes. It says what
/// every peer must receive, in order, and who must go; the broker's effects are held against it.
///
/// Serves calls, replies, signals, names, match rules and monitors. What depends on how many bytes
/// wait in a queue it asks of the world, which knows what was delivered.
class Model {
 public:
  struct Expected {
    std::vector<std::pair<PeerNumber, std::string>> messages;  // summaries
    std::vector<PeerNumber> disconnected;
  };

  Model(broker::Limits limits, Law law) : limits_(limits), law_(law) {}

  /// `query(peer, sent)`: whether more than max_outgoing_bytes wait for it once `sent` messages of
  /// the present event have been delivered to it.
  void ask_queues_by(std::function<bool(PeerNumber, std::size_t)> query) {
    queue_query_ = std::move(query);
  }
  /// When one message finds several queues full, the bus is free to choose who goes first: its
  /// choice for the next event.
  void go_in_order_of(std::vector<PeerNumber> order) { order_ = std::move(order); }

  [[nodiscard]] PeerNumber connect(std::uint32_t uid, std::uint64_t now_ms);
  Expected authenticate(PeerNumber peer);
  Expected receive(PeerNumber peer, const wire::Message& message);
  Expected close(PeerNumber peer);
  Expected advance(std::uint64_t now_ms);
  Expected reload(Law law);

  [[nodiscard]] std::size_t incomplete() const;
  [[nodiscard]] bool is_gone(PeerNumber peer) const { return peers_[peer].state == State::gone; }
  [[nodiscard]] bool is_monitor(PeerNumber peer) const {
    return peers_[peer].state == State::monitor;
  }
  [[nodiscard]] const std::string& name_of(PeerNumber peer) const { return peers_[peer].name; }

 private:
  enum class State { authenticating, silent, active, monitor, gone };
  struct Peer {
    State state = State::authenticating;
    std::uint32_t uid = 0;
    std::uint64_t login_deadline_ms = 0;
    std::string name;
    std::vector<std::string> names;  // owned or waited for, in the order of asking
    std::vector<wire::MatchRule> rules;
    bool doomed = false;
  };
  struct Owner {
    PeerNumber peer;
    std::uint32_t flags;
  };
  struct OpenCall {
    PeerNumber caller;
    PeerNumber callee;
    std::uint32_t serial;
    std::uint64_t deadline_ms;
  };

  // what a peer asks of the bus
  void serve(PeerNumber caller, const wire::Message& call);
  void hello(PeerNumber caller, const wire::Message& call);
  void request_name(PeerNumber caller, const wire::Message& call);
  void release_name(PeerNumber caller, const wire::Message& call);
  void add_match(PeerNumber caller, const wire::Message& call);
  void remove_match(PeerNumber caller, const wire::Message& call);
  void become_monitor(PeerNumber caller, const wire::Message& call);
  void unicast(PeerNumber sender, const wire::Message& message);
  void broadcast(std::optional<PeerNumber> sender, const std::string& summary,
                 const wire::Message& message);

  // what happens to names
  void release(PeerNumber peer, std::string name);  // by value: it may be one of the list it edits
  void announce(const std::string& name, std::optional<PeerNumber> from,
                std::optional<PeerNumber> to);
  void strip(PeerNumber peer, bool unique_first);
  void leave(PeerNumber peer);
  void end_doomed();
  PeerNumber take_doomed();

  // what is sent
  [[nodiscard]] bool queue_is_full(PeerNumber peer) const;
  void send(PeerNumber to, const std::string& summary);
  void show(const std::string& summary);
  void say(PeerNumber to, const std::string& summary);
  void reply(PeerNumber to, const wire::Message& call, const std::string& arguments);
  void refuse(PeerNumber to, const wire::Message& cause, const std::string& error);
  void signal(PeerNumber to, const std::string& member, const std::string& name);
  [[nodiscard]] std::string stamped(PeerNumber sender, const wire::Message& message) const;

  [[nodiscard]] std::optional<PeerNumber> resolve(std::string_view destination) const;
  [[nodiscard]] bool law_allows(const wire::Message& message) const;
  [[nodiscard]] bool matches(const wire::MatchRule& rule, std::optional<PeerNumber> sender,
                             const wire::Message& message) const;
  [[nodiscard]] std::size_t active_of(std::uint32_t uid) const;
  Expected take();

  broker::Limits limits_;
  Law law_;
  std::function<bool(PeerNumber, std::size_t)> queue_query_;
  std::vector<PeerNumber> order_;
  std::vector<Peer> peers_;
  std::map<std::string, std::deque<Owner>> names_;
  std::vector<OpenCall> calls_;  // in the order of asking
  std::deque<PeerNumber> doomed_;
  std::vector<std::pair<PeerNumber, std::uint32_t>> reload_callers_;
  std::uint64_t next_name_ = 0;
  std::uint64_t now_ms_ = 0;
  Expected expected_;
};

}  // namespace headway::sim
