// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/time.h"
#include "broker/credentials.h"
#include "broker/ids.h"
#include "broker/names.h"
#include "broker/policy.h"
#include "broker/quota.h"
#include "wire/message.h"

namespace headway::broker {

/// One connection, from accept to its end.
struct Peer {
  enum class State : std::uint8_t { authenticating, silent, active, monitor, leaving };

  /// Traffic and peaks for GetConnectionStats (STAT-003).
  struct Counters {
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t peak_in_flight_bytes = 0;
    std::uint64_t peak_in_flight_fds = 0;
    std::uint64_t peak_queued_bytes = 0;
    std::uint64_t peak_queued_fds = 0;
    std::uint32_t peak_names = 0;
    std::uint32_t peak_matches = 0;
  };

  explicit Peer(PeerId peer_id) : id(peer_id) {}

  PeerId id;
  State state = State::authenticating;
  Credentials credentials;
  bool is_anonymous = false;
  bool fds_agreed = false;
  bool reading_paused = false;
  bool is_doomed = false;  // its queue is full: it goes when this event is done
  std::optional<Time> login_deadline;

  // Since Hello.
  std::uint64_t number = 0;  // N of the unique name :1.N
  std::optional<wire::SenderField> stamp;
  std::shared_ptr<const PolicySet> policy;
  std::vector<PolicyKey> own_keys;  // of its unique name
  std::vector<PolicyKey> keys;      // of its unique name and of all it owns or waits for
  std::vector<NameId> names;        // owned or waited for, in the order of asking
  AccountId account = 0;

  QueueLedger queue;                  // delivered and not flushed
  std::uint64_t in_flight_bytes = 0;  // sent by this peer and waiting in queues of others
  std::uint64_t in_flight_fds = 0;
  std::uint64_t mark = 0;  // the last broadcast that reached it
  Counters counters;

  [[nodiscard]] std::string_view unique_name() const {
    return stamp ? stamp->name() : std::string_view{};
  }
  [[nodiscard]] bool is_receiver() const { return state == State::active && !is_doomed; }
};

/// All connections, by id and by unique name.
class PeerTable {
 public:
  Peer& create();
  void remove(PeerId peer);

  /// Null when that peer is gone. Cost: an index.
  [[nodiscard]] Peer* find(PeerId peer) const {
    if (peer.slot >= slots_.size()) return nullptr;
    const Slot& slot = slots_[peer.slot];
    return slot.generation == peer.generation ? slot.peer.get() : nullptr;
  }

  /// Gives the next unique name (BUS-001).
  void name(Peer& peer);
  void unname(const Peer& peer);
  /// Null unless `name` is the unique name of a peer. Cost: one hash probe.
  [[nodiscard]] Peer* find_unique(std::string_view name) const;

  /// Every peer in the order of slots.
  template <class Visit>
  void each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.peer) visit(*slot.peer);
    }
  }
  [[nodiscard]] std::size_t named() const { return by_number_.size(); }

 private:
  struct Number {
    std::uint64_t value = 0;
    bool operator==(const Number&) const = default;
    [[nodiscard]] std::uint64_t hash() const { return mix(value); }
  };
  struct Slot {
    std::uint32_t generation = 0;
    std::unique_ptr<Peer> peer;
  };

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  FlatMap<Number> by_number_;  // -> slots_
  std::uint64_t next_number_ = 0;
};

}  // namespace headway::broker
