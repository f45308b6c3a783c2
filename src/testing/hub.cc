// SPDX-License-Identifier: MIT
#include "testing/hub.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/inbox.h"
#include "client/message_data.h"
#include "io/receive.h"
#include "io/send_queue.h"
#include "wire/auth_server.h"

namespace headway::testing {

using broker::Disconnect;

namespace {

constexpr std::size_t flush_bytes_max = 4 << 20;
constexpr std::size_t log_entries_max = 1024;

}  // namespace

struct Hub::Peer {
  Peer(Fd its_socket, broker::PeerId its_id, std::optional<std::uint32_t> its_uid)
      : socket(std::move(its_socket)), id(its_id), uid(its_uid) {}

  Fd socket;
  broker::PeerId id;
  std::optional<std::uint32_t> uid;
  // Who it is to the broker the test says; the way in is that of this process.
  wire::AuthServer auth{{.guid = std::string(bus_id),
                         .fds_possible = true,
                         .peer_uid = ::geteuid(),
                         .own_uid = ::geteuid()}};
  client::Inbox in;
  std::vector<Fd> fresh_fds;
  io::SendQueue out;
  std::size_t login_bytes = 0;  // in `out`, of which the broker knows nothing
  bool is_paused = false;       // by the broker
  bool reads = true;
};

/// Keeps a message with its descriptors for as long as anybody has it in a queue.
class Hub::Letter final : public broker::Payload {
 public:
  explicit Letter(message what) : what_(std::move(what)) {}
  [[nodiscard]] std::span<const Fd> fds() const { return what_.fds(); }

 private:
  message what_;
};

Hub::Hub(Settings settings)
    : settings_(std::move(settings.settings)),
      broker_(std::move(settings.facts), settings_, *this) {}

Hub::~Hub() = default;

broker::PeerId Hub::connect(Fd socket, broker::Credentials credentials, Time now) {
  broker_.advance(now);
  const auto uid = credentials.uid;
  const broker::PeerId id = broker_.connected(std::move(credentials));
  peers_.push_back(std::make_unique<Peer>(std::move(socket), id, uid));
  return id;
}

Hub::Peer* Hub::find(broker::PeerId id) const {
  const auto found = std::ranges::find(peers_, id, [](const auto& peer) { return peer->id; });
  return found != peers_.end() ? found->get() : nullptr;
}

std::optional<Time> Hub::next_deadline() const { return broker_.next_deadline(); }

bool Hub::turn(Time now) {
  broker_.advance(now);
  bool moved = false;
  for (const auto& peer : peers_) moved |= peer->socket && !peer->is_paused && read(*peer);
  answer_questions();
  for (const auto& peer : peers_) moved |= peer->socket && peer->reads && flush(*peer);
  moved |= std::erase_if(peers_, [](const auto& peer) { return !peer->socket; }) > 0;
  return moved || !starts_.empty();
}

bool Hub::read(Peer& peer) {
  const io::Receipt receipt = io::receive(peer.socket.get(), peer.in.room(), peer.fresh_fds);
  switch (receipt.kind) {
    case io::Receipt::Kind::nothing:
      return false;
    case io::Receipt::Kind::end:
      close(peer, Disconnect::closed_by_peer, {});
      return true;
    case io::Receipt::Kind::failed:
      close(peer, Disconnect::transport_error, std::strerror(receipt.error));
      return true;
    case io::Receipt::Kind::bytes:
      break;
  }
  peer.in.arrived(receipt.bytes, peer.fresh_fds);
  if (peer.auth.state() == wire::AuthServer::State::reading) log_in(peer);
  if (peer.auth.state() == wire::AuthServer::State::begun) serve(peer);
  return true;
}

void Hub::log_in(Peer& peer) {
  std::string output;
  peer.in.skip(peer.auth.receive(peer.in.window(), output));
  peer.out.push({.head = as_bytes(output), .body = {}}, pool_);
  peer.login_bytes += output.size();
  if (peer.auth.state() == wire::AuthServer::State::refused) {
    return close(peer, Disconnect::authentication_failed, wire::to_string(peer.auth.refusal()));
  }
  if (peer.auth.state() != wire::AuthServer::State::begun) return;
  const auto& identity = peer.auth.identity();
  broker_.authenticated(peer.id, {.uid = peer.uid, .fds_agreed = identity.fds_agreed});
}

void Hub::serve(Peer& peer) {
  const broker::Limits& limits = settings_.limits;
  while (peer.socket) {
    auto next = peer.in.next();
    if (!next) return close(peer, Disconnect::malformed_message, next.error());
    if (!*next) return;
    if (next->bytes().size() > limits.max_message_size) {
      return close(peer, Disconnect::malformed_message, "sent a message above max_message_size");
    }
    if (next->fds().size() > limits.max_message_unix_fds) {
      return close(peer, Disconnect::too_many_fds, "sent more than max_message_unix_fds");
    }
    const auto& view = detail::message_data::of(*next).view;
    broker_.received(peer.id, view, std::make_shared<Letter>(*next));
  }
}

bool Hub::flush(Peer& peer) {
  if (peer.out.empty()) return false;
  const auto flushed = peer.out.flush(peer.socket.get(), flush_bytes_max);
  const std::size_t of_login = std::min(flushed.bytes, peer.login_bytes);
  peer.login_bytes -= of_login;
  broker_.flushed(peer.id, flushed.bytes - of_login, flushed.fds);
  if (flushed.outcome == io::SendQueue::Flushed::Outcome::failed) {
    close(peer, Disconnect::transport_error, std::strerror(flushed.error));
  }
  return flushed.bytes > 0;
}

void Hub::close(Peer& peer, Disconnect reason, std::string_view detail) {
  peer.out.discard();
  peer.socket.reset();
  broker_.closed(peer.id, reason, detail);
}

void Hub::disconnect(broker::PeerId id) {
  Peer* const peer = find(id);
  if (peer != nullptr && peer->socket) close(*peer, Disconnect::closed_by_peer, {});
}

void Hub::set_reading(broker::PeerId id, bool reads) {
  Peer* const peer = find(id);
  if (peer != nullptr) peer->reads = reads;
}

void Hub::answer_questions() {
  for (const std::string& name : std::exchange(questions_, {})) {
    std::optional<broker::Service> service;
    if (services_.contains(name)) service.emplace().name = name;
    broker_.service_found(name, std::move(service));
  }
  if (std::exchange(reload_asked_, false)) broker_.replace_config(settings_);
}

void Hub::deliver(broker::PeerId to, const broker::Frame& frame) {
  Peer* const peer = find(to);
  io::Outgoing outgoing{.head = frame.head, .body = frame.body};
  if (frame.fds > 0) {
    outgoing.fds = static_cast<const Letter&>(*frame.payload).fds();
    outgoing.owner = frame.payload;
  }
  peer->out.push(outgoing, pool_);
}

void Hub::disconnect(broker::PeerId id, Disconnect) {
  Peer* const peer = find(id);
  peer->out.discard();
  peer->socket.reset();
}

void Hub::pause_reading(broker::PeerId id, bool paused) { find(id)->is_paused = paused; }

void Hub::log(const broker::LogEntry& entry) {
  if (log_.size() < log_entries_max) log_.push_back(entry.text);
}

}  // namespace headway::testing
