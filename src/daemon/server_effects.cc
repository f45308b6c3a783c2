// SPDX-License-Identifier: MIT
#include "base/assert.h"
#include "daemon/server.h"
#include "io/credentials.h"

// What the broker wants done. Nothing here calls the broker: it is in the middle of something.
namespace headway::daemon {
namespace {

/// A body from here on is worth the bookkeeping of sharing it.
constexpr std::size_t share_bytes_min = 8 * 1024;

}  // namespace

bool Server::open_process(broker::PeerId id) {
  Peer* const peer = find(id);
  HEADWAY_ASSERT(peer != nullptr);
  if (peer->process_fd) return true;
  std::vector<Fd> fds;
  fds.push_back(io::peer_process(peer->socket.get()));
  if (!fds.front()) return false;
  peer->process_fd = std::make_shared<ReceivedPayload>(io::Block{}, std::move(fds));
  return true;
}

void Server::deliver(broker::PeerId to, const broker::Frame& frame) {
  Peer* const peer = find(to);
  HEADWAY_ASSERT(peer != nullptr && !peer->login);
  touch(*peer);
  if (peer->output_closed) [[unlikely]] {
    peer->unreported_bytes += frame.bytes();
    peer->unreported_fds += frame.fds;
    return;
  }
  io::Outgoing message{.head = frame.head, .body = frame.body};
  if (frame.process_fd_of) [[unlikely]] {
    const Peer* const subject = find(frame.process_fd_of);
    HEADWAY_ASSERT(subject != nullptr && subject->process_fd && frame.fds == 1);
    message.fds = subject->process_fd->fds;
    message.owner = subject->process_fd;
  } else if (frame.payload) {
    const auto& payload = static_cast<const ReceivedPayload&>(*frame.payload);
    message.share_body = frame.body.size() >= share_bytes_min && payload.keeps(frame.body);
    if (frame.fds > 0) message.fds = payload.fds;
    if (frame.fds > 0 || message.share_body) message.owner = frame.payload;
  }
  HEADWAY_ASSERT(message.fds.size() == frame.fds);
  peer->output.push(message, pool_);
}

void Server::disconnect(broker::PeerId id, broker::Disconnect) {
  Peer* const peer = find(id);
  HEADWAY_ASSERT(peer != nullptr);
  remove(*peer);
}

void Server::pause_reading(broker::PeerId id, bool paused) {
  Peer* const peer = find(id);
  HEADWAY_ASSERT(peer != nullptr);
  peer->reading_paused = paused;
  touch(*peer);
}

void Server::pause_accepting(bool paused) {
  accepting_paused_ = paused;
  listen(!paused);
}

void Server::reload_config() { tell(from_broker::ReloadRequest{}); }

void Server::look_up_service(std::string_view name) {
  tell(from_broker::LookUpService{std::string(name)});
}

void Server::start_service(std::string_view name) {
  tell(from_broker::StartService{std::string(name)});
}

void Server::service_is_there(std::string_view name) {
  tell(from_broker::ServiceIsThere{std::string(name)});
}

void Server::stop_starting(std::string_view name) {
  tell(from_broker::StopStarting{std::string(name)});
}

void Server::update_environment(
    std::span<const std::pair<std::string_view, std::string_view>> variables) {
  if (link_.has_backlog()) {
    return say(broker::LogKind::environment_refused,
               "Dropped variables that the supervisor does not take");
  }
  from_broker::Environment message;
  message.variables.assign(variables.begin(), variables.end());
  tell(message);
}

}  // namespace headway::daemon
