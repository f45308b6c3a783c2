// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/time.h"
#include "broker/broker.h"
#include "config/broker_config.h"
#include "daemon/framer.h"
#include "daemon/late_users.h"
#include "daemon/link_messages.h"
#include "daemon/peer.h"
#include "io/blocks.h"
#include "io/link.h"
#include "io/loop.h"
#include "lsm/modules.h"

namespace headway::daemon {

/// The broker process: the sockets of all peers around one broker::Broker. One thread, one loop.
///
/// A turn: what time it is; one read from each ready peer, whose messages go through the broker at
/// once; new connections; the supervisor; then one write to each peer that something was queued
/// for. Effects only queue and mark: what follows from them (a socket that fails, a peer to bury)
/// happens later in the turn, so the broker is never entered twice.
///
/// Bounds: a turn reads one InputBuffer from a peer, takes accepts_per_turn connections, writes
/// about write_bytes_per_turn to a peer. What waits to be written is bounded by the broker.
class Server final : broker::Effects, lsm::AuditSink {
 public:
  static constexpr int accepts_per_turn = 64;
  static constexpr std::size_t write_bytes_per_turn = 512 * 1024;

  /// What the supervisor sends first.
  struct Setup {
    to_broker::Start start;
    config::BrokerConfig config;
    std::vector<Fd> listeners;  // as many as start.listeners
    lsm::Kernels kernels;
  };

  Server(Setup setup, io::Link& link, io::Loop loop);
  ~Server() override;

  /// Serves until the supervisor says stop or is gone.
  void run();

 private:
  struct Listener {
    Fd socket;
    to_broker::Start::Listener facts;
  };

  // --- the turn (server.cc)
  void turn();
  [[nodiscard]] std::optional<Time> next_deadline() const;
  void dispatch(const epoll_event& event);
  void bury();

  // --- connections (server_accept.cc)
  void accept_from(const Listener& listener);
  void welcome(Fd socket, const Listener& listener);
  void listen(bool on);
  void starve(int error);
  [[nodiscard]] std::unique_ptr<Login> make_login(const Listener& listener,
                                                  const broker::Credentials& credentials) const;

  // --- one peer (server_peer.cc)
  void read(Peer& peer);
  /// False: there is nothing to be served yet, or never will be.
  bool log_in(Peer& peer);
  bool begin(Peer& peer);
  void serve(Peer& peer);
  void watch_fds(Peer& peer);
  void expire_fds();
  void flush(Peer& peer);
  void flush_login(Peer& peer);
  void send_output(Peer& peer);
  static void account(Peer& peer, const io::SendQueue::Flushed& flushed);
  void close(Peer& peer, broker::Disconnect reason, std::string_view detail);
  bool update_interest(Peer& peer);
  static bool wants_input(const Peer& peer);
  static std::string describe(const Peer& peer);
  static std::optional<std::uint32_t> peer_uid(const Peer& peer);
  void touch(Peer& peer);
  void remove(Peer& peer);
  [[nodiscard]] Peer* find(broker::PeerId id) const;

  // --- the supervisor (server_link.cc)
  void serve_link();
  void flush_link();
  void handle(const to_broker::Start& message);
  void handle(const to_broker::Config& message);
  void handle(const to_broker::ConfigRefused& message);
  void handle(to_broker::Cookie& message);
  void handle(const to_broker::User& message);
  void ask_about_users();
  void handle(to_broker::ServiceFound& message);
  void handle(const to_broker::ServiceFailed& message);
  void handle(const to_broker::Stop& message);
  void tell(const FromBroker& message);
  void tell_load();
  void say(broker::LogKind kind, std::string text);
  [[nodiscard]] broker::BrokerSettings settings() const;
  void apply_config();
  bool supervisor_keeps_up();
  void audit(std::string text) override;

  // --- broker::Effects (server_effects.cc)
  void deliver(broker::PeerId to, const broker::Frame& frame) override;
  void disconnect(broker::PeerId peer, broker::Disconnect reason) override;
  void pause_reading(broker::PeerId peer, bool paused) override;
  bool open_process(broker::PeerId id) override;
  void pause_accepting(bool paused) override;
  void reload_config() override;
  void look_up_service(std::string_view name) override;
  void start_service(std::string_view name) override;
  void service_is_there(std::string_view name) override;
  void stop_starting(std::string_view name) override;
  void update_environment(
      std::span<const std::pair<std::string_view, std::string_view>> variables) override;
  void log(const broker::LogEntry& entry) override;

  // Before everything that holds memory of it or says something at its end.
  io::BlockPool pool_;
  io::Link& link_;
  io::Loop loop_;
  to_broker::Start start_;
  config::BrokerConfig config_;
  LateUsers late_users_;
  std::vector<Listener> listeners_;

  std::vector<std::unique_ptr<Peer>> peers_;      // by slot
  std::vector<std::unique_ptr<Peer>> graveyard_;  // of this turn
  std::vector<Peer*> touched_;
  std::vector<Peer*> touched_again_;
  std::set<std::pair<Time, broker::PeerId>> fds_deadlines_;
  InputBuffer input_;
  Framer::Bounds bounds_;
  lsm::Modules modules_;
  broker::Broker broker_;

  Time now_;
  std::uint64_t logs_dropped_ = 0;
  LoadReport load_report_;
  bool stopping_ = false;
  bool accepting_paused_ = false;  // by the broker
  bool is_listening_ = false;
  bool starvation_told_ = false;
  bool link_wants_write_ = false;
  std::optional<Time> trim_at_;        // memory that nobody has taken again
  std::optional<Time> starved_until_;  // no descriptors left
};

}  // namespace headway::daemon
