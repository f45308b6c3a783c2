// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/server.h"
#include "io/receive.h"

namespace headway::daemon {

broker::BrokerSettings Server::settings() const {
  return {
      .policy = config::bind_late_users(config_.policy, config_.late_users, late_users_.bound()),
      .limits = config_.limits,
      .allow_anonymous = config_.allow_anonymous,
      .starts_services = config_.starts_services,
      .guards_environment = config_.guards_environment,
      .services = config_.services};
}

void Server::apply_config() {
  // More descriptors than one sendmsg can pass on could never leave again (WIRE-058).
  bounds_ = {
      .message_bytes_max =
          std::min(config_.limits.max_message_size, broker::Limits::message_size_ceiling),
      .fds_max = std::min<std::size_t>(config_.limits.max_message_unix_fds, io::fds_per_send_max)};
  lsm::Selinux::NameContexts contexts;
  for (const config::NameContext& one : config_.selinux_contexts) {
    contexts.emplace(one.name, one.context);
  }
  modules_.set_name_contexts(std::move(contexts));
}

void Server::serve_link() {
  if (!link_.receive()) {
    stopping_ = true;
    return;
  }
  while (auto frame = link_.next()) {
    auto message = decode_to_broker(*frame);
    if (!message) {
      stopping_ = true;
      return;
    }
    std::visit([&](auto& value) { handle(value); }, *message);
  }
}

void Server::handle(const to_broker::Start&) {}  // read before there was a server

void Server::handle(const to_broker::Config& message) {
  auto decoded = config::decode(as_bytes(message.config));
  if (!decoded) return broker_.config_refused("The supervisor sent what is no configuration");
  config_ = std::move(*decoded);
  apply_config();
  broker_.replace_config(settings());
  tell(from_broker::ConfigInEffect{});
  ask_about_users();
}

void Server::handle(const to_broker::ConfigRefused& message) {
  broker_.config_refused(message.error);
}

/// A new configuration may name users who are here already.
void Server::ask_about_users() {
  if (config_.late_users.empty()) return;
  std::set<std::uint32_t> asked;
  for (const auto& peer : peers_) {
    if (!peer) continue;
    const auto uid = peer_uid(*peer);
    if (!uid || !LateUsers::may_be_late(*uid) || !asked.insert(*uid).second) continue;
    tell(from_broker::UserRequest{*uid});
  }
}

void Server::handle(to_broker::Cookie& message) {
  Peer* const peer = find(message.peer);
  if (peer == nullptr || !peer->login || !peer->login->waits_for_cookie) return;
  peer->login->provide_cookie(std::move(message.cookie));
  const std::vector<std::uint8_t> waiting = std::exchange(peer->login->waiting, {});
  peer->input.put(input_, waiting);
  touch(*peer);
  if (log_in(*peer)) return serve(*peer);
  Framer::abandon(input_);
}

void Server::handle(const to_broker::User& message) {
  if (late_users_.bind(message.uid, message.name, config_.late_users)) {
    broker_.replace_policy(settings().policy);
  }
  for (const auto& peer : peers_) {
    if (!peer || !peer->login || peer->login->waits_for_user != message.uid) continue;
    peer->login->waits_for_user.reset();
    touch(*peer);
  }
}

void Server::handle(to_broker::ServiceFound& message) {
  broker_.service_found(message.name, std::move(message.service));
}

void Server::handle(const to_broker::ServiceFailed& message) {
  broker_.service_failed(message.name, message.error, message.text);
}

void Server::handle(const to_broker::Stop&) { stopping_ = true; }

void Server::tell(const FromBroker& message) {
  const std::string frame = encode(message);
  if (frame.size() > supervisor_frame_bytes_max) {
    say(broker::LogKind::messages_lost, "Dropped what is too long for the supervisor to take");
    return;
  }
  link_.send(frame);
}

void Server::tell_load() {
  Load load{.connections = broker_.connections()};
  if (accepting_paused_) load.accepting = Load::Accepting::logins_full;
  if (starved_until_) load.accepting = Load::Accepting::no_descriptors;
  if (load_report_.update(load, now_)) tell(from_broker::Status{load});
}

void Server::say(broker::LogKind kind, std::string text) {
  log({.kind = kind, .text = std::move(text), .fields = {}});
}

/// A log that nobody takes is dropped and counted: it must not hold up the bus, nor fill memory.
bool Server::supervisor_keeps_up() {
  if (link_.has_backlog()) {
    ++logs_dropped_;
    return false;
  }
  if (logs_dropped_ > 0) {
    const auto count = std::exchange(logs_dropped_, 0);
    log({.kind = broker::LogKind::entries_dropped,
         .text = fmt::format("Dropped {} log entries", count),
         .fields = {{broker::LogField::count, std::to_string(count)}}});
  }
  return true;
}

void Server::log(const broker::LogEntry& entry) {
  if (supervisor_keeps_up()) tell(from_broker::Log{entry});
}

void Server::audit(std::string text) {
  if (supervisor_keeps_up()) tell(from_broker::Audit{std::move(text)});
}

}  // namespace headway::daemon
