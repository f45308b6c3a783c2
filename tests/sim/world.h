// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.h"
#include "model.h"
#include "random.h"
#include "wire/build.h"

namespace headway::sim {

/// A fault put between the broker and its peers, to see that the checks find it.
enum class Plant { none, drop, duplicate, misdeliver, reorder, forge_sender, keep_peer };
[[nodiscard]] std::optional<Plant> plant_named(std::string_view name);

/// One broker among peers that call, answer, lie, read slowly or not at all, crash, and send what
/// is no message; with reloads and a clock. Everything follows from the seed. After every event the
/// broker's effects are held against the model, and its accounts against what the peers hold.
class World final : private broker::Effects {
 public:
  World(std::uint64_t seed, Plant plant);

  /// Lives through that many events; what went wrong first, with the events that led to it.
  [[nodiscard]] std::optional<std::string> live(std::size_t events);

 private:
  struct Waiting {  // one message in a peer's queue
    std::size_t bytes;
    std::optional<PeerNumber> from;  // whose flood it is part of, if anybody's
  };
  struct Asked {
    std::string caller;
    std::uint32_t serial;
  };
  struct Peer {
    broker::PeerId id;
    std::uint32_t uid = 0;
    bool connected = true;
    bool authenticated = false;
    bool said_hello = false;
    bool reads = true;
    bool paused = false;
    std::uint32_t serial = 0;
    std::deque<Waiting> queue;
    std::size_t queued_bytes = 0;
    std::size_t queued_before = 0;      // at the start of the present event
    std::vector<std::size_t> sizes;     // of what came in the present event
    std::vector<std::string> received;  // the same, as summaries
    std::vector<Asked> to_answer;
  };

  // broker::Effects
  void deliver(broker::PeerId to, const broker::Frame& frame) override;
  void disconnect(broker::PeerId peer, broker::Disconnect reason) override;
  void pause_reading(broker::PeerId peer, bool paused) override;
  bool open_process(broker::PeerId) override { return false; }
  void pause_accepting(bool paused) override { accepting_paused_ = paused; }
  void look_up_service(std::string_view) override {}
  void start_service(std::string_view) override {}
  void service_is_there(std::string_view) override {}
  void stop_starting(std::string_view) override {}
  void reload_config() override { reload_wanted_ = true; }
  void update_environment(std::span<const std::pair<std::string_view, std::string_view>>) override {
  }
  void log(const broker::LogEntry&) override {}

  // what happens
  void step();
  void connect();
  void authenticate(PeerNumber number);
  void hello(PeerNumber number);
  void act(PeerNumber number);
  void ask_bus(PeerNumber number);
  void call_somebody(PeerNumber number);
  void answer(PeerNumber number);
  void answer_unasked(PeerNumber number);
  void emit(PeerNumber number);
  void send_garbage(PeerNumber number);
  void close(PeerNumber number, broker::Disconnect reason);
  void read_some(PeerNumber number);
  void advance_clock();
  void reload();
  void everybody_leaves();

  // how
  void call_bus(PeerNumber number, std::string_view member, std::string_view signature,
                const std::vector<std::string>& texts, std::uint32_t flags = 0);
  void send(PeerNumber number, wire::HeaderFields fields, std::string_view text);
  void receive(PeerNumber number, const std::vector<std::uint8_t>& bytes);
  [[nodiscard]] std::string somebody();
  [[nodiscard]] std::optional<PeerNumber> any(bool Peer::* condition);
  void accept(PeerNumber to, const wire::Message& message, std::size_t bytes);

  // what is checked
  void begin(std::string event);
  void check(const Model::Expected& expected);
  void check_sequences(const Model::Expected& expected);
  void check_accounts();
  void fail(std::string what);

  Random random_;
  Plant plant_;
  broker::Limits limits_;
  Law law_;
  broker::Broker broker_;
  Model model_;
  std::vector<Peer> peers_;
  std::map<broker::PeerId, PeerNumber> numbers_;
  std::vector<PeerNumber> disconnected_;
  std::uint64_t now_ms_ = 0;
  std::size_t deliveries_ = 0;
  bool accepting_paused_ = false;
  bool reload_wanted_ = false;
  std::optional<std::vector<std::uint8_t>> held_back_;  // by Plant::reorder
  PeerNumber held_back_for_ = 0;
  std::deque<std::string> history_;
  std::optional<std::string> failure_;
};

}  // namespace headway::sim
