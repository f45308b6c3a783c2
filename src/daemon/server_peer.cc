// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "daemon/server.h"
#include "daemon/tags.h"
#include "io/receive.h"

namespace headway::daemon {

using broker::Disconnect;

namespace {

std::optional<ucred> socket_credentials(const Peer& peer) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  const int socket = peer.socket.get();
  const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 &&
                     credentials.pid > 0;
  return known ? std::optional(credentials) : std::nullopt;
}

}  // namespace

void Server::read(Peer& peer) {
  std::vector<Fd> fds;
  const io::Receipt receipt = io::receive(peer.socket.get(), peer.input.room(input_), fds);
  switch (receipt.kind) {
    case io::Receipt::Kind::nothing:
      return;
    case io::Receipt::Kind::end:
      return close(peer, Disconnect::closed_by_peer, {});
    case io::Receipt::Kind::failed:
      return close(peer, Disconnect::transport_error, std::strerror(receipt.error));
    case io::Receipt::Kind::bytes:
      break;
  }
  if (receipt.fds_were_lost) {
    return close(peer, Disconnect::too_many_fds, "sent file descriptors that could not be taken");
  }
  peer.input.arrived(input_, receipt.bytes, std::move(fds));
  if (peer.login && !log_in(peer)) return Framer::abandon(input_);
  if (!peer.fds_agreed && peer.input.has_fresh_fds(input_)) [[unlikely]] {
    Framer::abandon(input_);
    return close(peer, Disconnect::too_many_fds, "sent file descriptors without having agreed to");
  }
  serve(peer);
}

bool Server::log_in(Peer& peer) {
  Bytes rest = peer.input.window(input_);
  const std::size_t arrived = rest.size();
  const Login::State state = peer.login->receive(rest);
  peer.input.skip(input_, arrived - rest.size());
  if (!peer.login->output.empty()) touch(peer);

  const bool has_messages = state == Login::State::begun && !rest.empty();
  if (peer.input.has_fresh_fds(input_) && !has_messages) {
    close(peer, Disconnect::authentication_failed, "sent file descriptors before BEGIN");
    return false;
  }
  switch (state) {
    case Login::State::reading:
      return false;
    case Login::State::wants_cookie:
      peer.login->waiting.assign(rest.begin(), rest.end());
      peer.login->waits_for_cookie = true;
      touch(peer);
      tell(from_broker::CookieRequest{peer.id});
      return false;
    case Login::State::begun:
      return begin(peer);
    case Login::State::refused:
      flush_login(peer);  // its last words, if the socket takes them at once
      close(peer, Disconnect::authentication_failed, peer.login->refusal());
      return false;
  }
  std::unreachable();
}

bool Server::begin(Peer& peer) {
  const std::unique_ptr<Login> login = std::move(peer.login);
  const auto& identity = login->identity();
  peer.fds_agreed = identity.fds_agreed;
  peer.login_bytes = login->output.size();
  if (!login->output.empty()) {
    peer.output.push({.head = as_bytes(login->output), .body = {}}, pool_);
    touch(peer);
  }
  broker_.authenticated(peer.id, {.uid = identity.uid, .fds_agreed = identity.fds_agreed});
  return !peer.is_gone;
}

void Server::serve(Peer& peer) {
  bool cut_any = false;
  while (true) {
    const auto cut = peer.input.next(input_, bounds_);
    if (!cut) {
      Framer::abandon(input_);
      const auto [reason, text] = cut.error();
      if (reason != Disconnect::malformed_message) return close(peer, reason, text);
      return close(peer, reason, fmt::format("sent an invalid message: {}", text));
    }
    if (*cut == nullptr) break;
    cut_any = true;
    broker_.received(peer.id, (*cut)->message, (*cut)->payload);
    if (peer.is_gone) [[unlikely]]
      return Framer::abandon(input_);
  }
  // What is held now belongs to a later message than before, if any was cut.
  const bool holds = peer.input.holds_fds();
  if (holds != peer.fds_deadline.has_value() || (holds && cut_any)) [[unlikely]]
    watch_fds(peer);
}

/// RES-019: half a message that holds descriptors may wait for pending_fd_timeout, and no longer.
void Server::watch_fds(Peer& peer) {
  if (peer.fds_deadline) fds_deadlines_.erase({*peer.fds_deadline, peer.id});
  peer.fds_deadline.reset();
  if (!peer.input.holds_fds()) return;
  peer.fds_deadline = now_ + config_.limits.pending_fd_timeout;
  fds_deadlines_.emplace(*peer.fds_deadline, peer.id);
}

void Server::expire_fds() {
  while (!fds_deadlines_.empty() && fds_deadlines_.begin()->first <= now_) {
    Peer* const peer = find(fds_deadlines_.begin()->second);
    HEADWAY_ASSERT(peer != nullptr);
    close(*peer, Disconnect::pending_fd_timeout,
          "kept file descriptors of an unfinished message waiting");
  }
}

void Server::touch(Peer& peer) {
  if (peer.is_touched) return;
  peer.is_touched = true;
  touched_.push_back(&peer);
}

void Server::flush(Peer& peer) {
  peer.is_touched = false;
  if (peer.is_gone) return;
  if (peer.login) {
    flush_login(peer);
  } else if (!peer.output_closed && !peer.output_blocked && !peer.output.empty()) {
    send_output(peer);
  }
  if (!update_interest(peer)) return close(peer, Disconnect::transport_error, {});
  if (peer.unreported_bytes == 0) return;
  broker_.flushed(peer.id, std::exchange(peer.unreported_bytes, 0),
                  std::exchange(peer.unreported_fds, 0));
}

void Server::send_output(Peer& peer) {
  const auto flushed = peer.output.flush(peer.socket.get(), write_bytes_per_turn);
  account(peer, flushed);
  using Outcome = io::SendQueue::Flushed::Outcome;
  switch (flushed.outcome) {
    case Outcome::drained:
      break;
    case Outcome::more:
      peer.is_touched = true;
      touched_again_.push_back(&peer);
      break;
    case Outcome::blocked:
      peer.output_blocked = true;
      break;
    case Outcome::failed:
      // What it has sent before is still to be read; the end of that ends the connection.
      peer.output_closed = true;
      account(peer, peer.output.discard());
      break;
  }
  if (flushed.dropped > 0) {
    say(broker::LogKind::messages_lost,
        fmt::format("Lost {} messages to {}: too many file descriptors are on their way at once",
                    flushed.dropped, describe(peer)));
  }
}

void Server::account(Peer& peer, const io::SendQueue::Flushed& flushed) {
  const std::size_t own = std::min(flushed.bytes, peer.login_bytes);
  peer.login_bytes -= own;
  peer.unreported_bytes += flushed.bytes - own;
  peer.unreported_fds += flushed.fds;
}

void Server::flush_login(Peer& peer) {
  std::string& output = peer.login->output;
  const ssize_t sent =
      ::send(peer.socket.get(), output.data(), output.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) output.erase(0, static_cast<std::size_t>(sent));
  // Errors show again when reading; nothing but patience is bounded by the login timeout.
  peer.output_blocked = !output.empty() && (sent >= 0 || errno == EAGAIN);
}

/// Never from inside an effect: the broker is told.
void Server::close(Peer& peer, Disconnect reason, std::string_view detail) {
  const broker::PeerId id = peer.id;
  remove(peer);
  broker_.closed(id, reason, detail);
}

void Server::remove(Peer& peer) {
  peer.is_gone = true;
  if (peer.fds_deadline) fds_deadlines_.erase({*peer.fds_deadline, peer.id});
  graveyard_.push_back(std::move(peers_[peer.id.slot]));
}

bool Server::wants_input(const Peer& peer) {
  return !peer.reading_paused && !(peer.login && peer.login->waits());
}

/// False: the kernel has no room to watch it.
bool Server::update_interest(Peer& peer) {
  const bool reads = wants_input(peer);
  const std::uint32_t events = (reads ? EPOLLIN : 0u) | (peer.output_blocked ? EPOLLOUT : 0u);
  if (!peer.is_watched) {
    // New, or over and not to be read yet: see dispatch().
    if (!reads) return true;
    if (!loop_.add(peer.socket.get(), events, peer_tag(peer.id))) return false;
    peer.is_watched = true;
  } else if (events != peer.events) {
    loop_.change(peer.socket.get(), events, peer_tag(peer.id));
  }
  peer.events = events;
  return true;
}

/// For the log, from the socket itself: the broker knows more, but not about a peer it refuses.
std::string Server::describe(const Peer& peer) {
  const auto credentials = socket_credentials(peer);
  if (!credentials) return "a peer without credentials";
  return fmt::format("uid={} pid={}", credentials->uid, credentials->pid);
}

std::optional<std::uint32_t> Server::peer_uid(const Peer& peer) {
  const auto credentials = socket_credentials(peer);
  return credentials ? std::optional<std::uint32_t>(credentials->uid) : std::nullopt;
}

}  // namespace headway::daemon
