// SPDX-License-Identifier: MIT
#include "daemon/server.h"

#include <algorithm>

#include "base/assert.h"
#include "daemon/tags.h"
#include "io/clock.h"

namespace headway::daemon {
namespace {

constexpr auto trim_after = std::chrono::seconds(5);

}  // namespace

Server::Server(Setup setup, io::Link& link, io::Loop loop)
    : link_(link),
      loop_(std::move(loop)),
      start_(std::move(setup.start)),
      config_(std::move(setup.config)),
      input_(pool_),
      modules_(std::move(setup.kernels), start_.facts, *this),
      broker_(start_.facts, settings(), *this, modules_.is_any_active() ? &modules_ : nullptr),
      now_(io::now()) {
  HEADWAY_ASSERT(setup.listeners.size() == start_.listeners.size());
  for (std::size_t i = 0; i < setup.listeners.size(); ++i) {
    listeners_.push_back({std::move(setup.listeners[i]), start_.listeners[i]});
  }
  apply_config();
  HEADWAY_ASSERT(loop_.add(link_.socket(), EPOLLIN, link_tag));
  broker_.advance(now_);
  listen(true);
}

Server::~Server() = default;

void Server::run() {
  tell(from_broker::Ready{});
  flush_link();
  while (!stopping_) turn();
}

std::optional<Time> Server::next_deadline() const {
  std::optional<Time> deadline = earlier(broker_.next_deadline(), starved_until_);
  if (!fds_deadlines_.empty()) deadline = earlier(deadline, fds_deadlines_.begin()->first);
  return earlier(earlier(deadline, trim_at_), load_report_.next_deadline());
}

void Server::turn() {
  const auto events = touched_.empty() ? loop_.wait(next_deadline()) : loop_.poll();
  now_ = io::now();
  broker_.advance(now_);
  // A burst's memory goes back after a while; until then there is no deadline to be reckoned with.
  if (trim_at_ && *trim_at_ <= now_) {
    pool_.trim();
    trim_at_.reset();
  } else if (!trim_at_ && pool_.kept_bytes() > 0) {
    trim_at_ = now_ + trim_after;
  }
  if (starved_until_ && *starved_until_ <= now_) {
    starved_until_.reset();
    listen(true);
  }

  for (const epoll_event& event : events) dispatch(event);
  if (!fds_deadlines_.empty()) expire_fds();
  // By index: a flush may make the broker queue something for somebody else.
  for (std::size_t i = 0; i < touched_.size(); ++i) flush(*touched_[i]);
  touched_.clear();
  std::swap(touched_, touched_again_);
  if (!graveyard_.empty()) bury();

  if (start_.wants_load) tell_load();
  flush_link();
}

void Server::flush_link() {
  if (link_.wants_write() && !link_.flush()) stopping_ = true;
  if (link_.wants_write() != link_wants_write_) {
    link_wants_write_ = link_.wants_write();
    loop_.change(link_.socket(), EPOLLIN | (link_wants_write_ ? EPOLLOUT : 0u), link_tag);
  }
}

void Server::dispatch(const epoll_event& event) {
  const broker::PeerId id = peer_of(event.data.u64);
  if (id) {
    Peer* const peer = find(id);
    if (peer == nullptr) return;  // gone earlier in this turn
    if (peer->output_blocked && (event.events & ~EPOLLIN) != 0) {
      peer->output_blocked = false;
      touch(*peer);
    }
    if ((event.events & ~EPOLLOUT) == 0) return;
    if (wants_input(*peer)) {
      read(*peer);
    } else if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) {
      // Over, but not to be read yet: the kernel would tell us again and again.
      loop_.remove(peer->socket.get());
      peer->is_watched = false;
    }
  } else if (event.data.u64 == link_tag) {
    serve_link();
  } else {
    accept_from(listeners_[listener_of(event.data.u64)]);
  }
}

void Server::bury() {
  std::erase_if(touched_, [](const Peer* peer) { return peer->is_gone; });
  graveyard_.clear();
  if (starved_until_) {
    starved_until_.reset();
    listen(true);
  }
}

Peer* Server::find(broker::PeerId id) const {
  if (id.slot >= peers_.size()) return nullptr;
  Peer* const peer = peers_[id.slot].get();
  return peer != nullptr && peer->id == id ? peer : nullptr;
}

}  // namespace headway::daemon
