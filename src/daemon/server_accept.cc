// SPDX-License-Identifier: MIT
#include <cerrno>

#include "base/assert.h"
#include "daemon/server.h"
#include "daemon/tags.h"
#include "io/credentials.h"
#include "io/socket.h"

namespace headway::daemon {
namespace {

constexpr auto starved_for = std::chrono::seconds(1);

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

void Server::accept_from(const Listener& listener) {
  for (int i = 0; i < accepts_per_turn && is_listening_; ++i) {
    auto socket = io::accept(listener.socket.get());
    if (socket) {
      starvation_told_ = false;
      welcome(std::move(*socket), listener);
    } else if (is_shortage(socket.error().number)) {
      starve(socket.error().number);
    } else if (socket.error().number == EAGAIN) {
      return;
    }
    // Everything else is about one connection that is over already.
  }
}

/// RES-016: nothing to accept with. Waiting beats refusing: there will be room when somebody goes.
void Server::starve(int error) {
  starved_until_ = now_ + starved_for;
  listen(false);
  if (starvation_told_) return;
  starvation_told_ = true;
  say(broker::LogKind::accepting_paused,
      "Cannot accept connections until others end: " + io::describe({"accept", error}));
}

void Server::welcome(Fd socket, const Listener& listener) {
  broker::Credentials credentials;
  if (listener.facts.is_local) {
    io::PeerCredentials known = io::peer_credentials(socket.get());
    credentials = {.uid = known.uid,
                   .pid = known.pid,
                   .groups = std::move(known.groups),
                   .label = std::move(known.label)};
  } else {
    io::set_no_delay(socket.get());
  }
  auto login = make_login(listener, credentials);
  if (credentials.uid && !config_.late_users.empty() && LateUsers::may_be_late(*credentials.uid)) {
    login->waits_for_user = credentials.uid;
    tell(from_broker::UserRequest{*credentials.uid});
  }

  const broker::PeerId id = broker_.connected(std::move(credentials));
  auto peer = std::make_unique<Peer>(id, std::move(socket));
  peer->login = std::move(login);
  if (id.slot >= peers_.size()) peers_.resize(id.slot + 1);
  HEADWAY_ASSERT(!peers_[id.slot]);
  Peer& known = *(peers_[id.slot] = std::move(peer));

  if (!update_interest(known)) close(known, broker::Disconnect::transport_error, {});
}

std::unique_ptr<Login> Server::make_login(const Listener& listener,
                                          const broker::Credentials& credentials) const {
  wire::AuthServer::Options options{.guid = listener.facts.guid,
                                    .mechanisms = start_.mechanisms,
                                    .fds_possible = listener.facts.is_local,
                                    .peer_uid = credentials.uid,
                                    .own_uid = start_.facts.credentials.uid.value_or(0),
                                    .own_user = start_.own_user};
  return std::make_unique<Login>(listener.facts.nonce, std::move(options));
}

void Server::listen(bool on) {
  on = on && !accepting_paused_ && !starved_until_;
  if (on == is_listening_) return;
  is_listening_ = on;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const int socket = listeners_[i].socket.get();
    if (on) {
      HEADWAY_ASSERT(loop_.add(socket, EPOLLIN, listener_tag(i)));
    } else {
      loop_.remove(socket);
    }
  }
}

}  // namespace headway::daemon
