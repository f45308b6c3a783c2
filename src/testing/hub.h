// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/time.h"
#include "broker/broker.h"
#include "headway/testing/recording.h"
#include "io/blocks.h"
#include "testing/faults.h"
#include "testing/settings.h"

namespace headway::testing {

/// The broker among sockets whose other ends are connections of this thread: what headwayd's server
/// does, without waiting. Each peer is read once in a turn, in the order in which they came, so
/// that what happens follows from what was sent and from nothing else.
class Hub final : broker::Effects {
 public:
  explicit Hub(Settings settings);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;
  ~Hub();

  broker::PeerId connect(Fd socket, broker::Credentials credentials, Time now);
  /// Moves what can be moved. False if there was nothing.
  bool turn(Time now);
  /// When turn() has something to do though nothing was sent.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  void disconnect(broker::PeerId peer);
  void set_reading(broker::PeerId peer, bool reads);

  /// What the peer sends and gets from now on.
  [[nodiscard]] std::shared_ptr<const recording> record(broker::PeerId peer);

  [[nodiscard]] Faults& faults() { return faults_; }

  void add_service(std::string_view name) { services_.emplace(name); }
  /// Names of services that the broker wants started, once each.
  [[nodiscard]] std::vector<std::string> take_starts() { return std::exchange(starts_, {}); }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }

 private:
  struct Peer;
  class Letter;
  /// A message that was read from a peer and is not yet the broker's.
  struct Transit {
    Time due;
    message what;
    Verdict verdict;
  };

  [[nodiscard]] Peer* find(broker::PeerId id) const;
  bool read(Peer& peer);
  void log_in(Peer& peer);
  void serve(Peer& peer);
  void take_in(Peer& peer, message what);
  bool forward(Peer& peer);
  void hand_over(Peer& peer, const Transit& transit);
  void put_under_way(Peer& peer, message what, Verdict verdict);
  void answer_with(const Peer& caller, const error& failure, const message& call);
  [[nodiscard]] message call_of(const message& reply);
  bool flush(Peer& peer);
  void close(Peer& peer, broker::Disconnect reason, std::string_view detail);
  void answer_questions();

  void note(Peer& peer, const broker::Frame& frame);

  // broker::Effects
  void deliver(broker::PeerId to, const broker::Frame& frame) override;
  void disconnect(broker::PeerId peer, broker::Disconnect reason) override;
  void pause_reading(broker::PeerId peer, bool paused) override;
  void pause_accepting(bool) override {}
  bool open_process(broker::PeerId) override { return false; }
  void reload_config() override { reload_asked_ = true; }
  void look_up_service(std::string_view name) override { questions_.emplace_back(name); }
  void start_service(std::string_view name) override { starts_.emplace_back(name); }
  void service_is_there(std::string_view) override {}
  void stop_starting(std::string_view) override {}
  void update_environment(std::span<const std::pair<std::string_view, std::string_view>>) override {
  }
  void log(const broker::LogEntry& entry) override;

  io::BlockPool pool_;
  broker::BrokerSettings settings_;
  broker::Broker broker_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::set<std::string, std::less<>> services_;
  std::vector<std::string> questions_;
  std::vector<std::string> starts_;
  std::vector<std::string> log_;
  bool reload_asked_ = false;

  Time now_{};
  Faults faults_;
  std::map<std::pair<std::string, std::uint32_t>, message> open_calls_;  // by caller and serial
  // Of the message that the broker handles at the moment:
  const broker::Payload* current_ = nullptr;
  bool is_diverted_ = false;  // to nobody
  struct Receiver {
    broker::PeerId id;
    std::size_t bytes;
    std::uint32_t fds;
  };
  std::vector<Receiver> receivers_;
};

}  // namespace headway::testing
