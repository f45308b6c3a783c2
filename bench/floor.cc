// SPDX-License-Identifier: MIT
// bench-floor SOCKET: the least a hub can cost. A relay that copies bytes between sockets, 64 KiB
// at a time, and knows nothing of what they mean: one epoll_wait, one recv and one send per
// receiver for every burst. What a bus costs above this is the price of being a bus.
//
// Each connection opens with eight bytes: a role and a group number (little-endian). 'A' and 'B' of
// one group are a pair and get each other's bytes; what 'P' (publisher) sends goes to every 'S'
// (subscriber) of its group. The relay answers the preamble with one byte once it has been noted.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kPreambleBytes = 8;

/// One connection. Sources and receivers know each other by pointer; a peer that goes takes its
/// group's links with it, since a run never continues after losing one.
struct Peer {
  int fd = -1;
  char role = 0;  // 0 until the preamble has come
  std::uint32_t group = 0;
  std::vector<Peer*> receivers;
  Peer* source = nullptr;
  std::string unsent;    // what the receiver's socket did not take
  unsigned blocked = 0;  // receivers with unsent bytes; the source is not read meanwhile
};

class Relay {
 public:
  explicit Relay(const char* path);
  [[noreturn]] void run();

 private:
  void accept_one();
  void on_readable(Peer& peer);
  void on_writable(Peer& peer);
  void introduce(Peer& peer);
  void link(Peer& from, Peer& to);
  void relay(Peer& to, const char* data, std::size_t size);
  void watch(Peer& peer);
  void drop(Peer& peer);

  int epoll_;
  int listener_;
  std::map<std::pair<std::uint32_t, char>, std::vector<Peer*>> groups_;
  std::vector<std::unique_ptr<Peer>> gone_;
  std::array<char, kChunkBytes> chunk_;
};

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "bench-floor: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

Relay::Relay(const char* path) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) die("bind");
  if (listen(listener_, 4096) < 0) die("listen");
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) < 0) die("epoll_ctl");
}

void Relay::run() {
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto* peer = static_cast<Peer*>(event.data.ptr);
      if (peer == nullptr) {
        accept_one();
        continue;
      }
      if ((event.events & EPOLLOUT) != 0) on_writable(*peer);
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && peer->fd >= 0) {
        on_readable(*peer);
      }
    }
    gone_.clear();
  }
}

void Relay::accept_one() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  auto* peer = new Peer{};  // owned by the epoll set until drop()
  peer->fd = fd;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = peer}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

void Relay::introduce(Peer& peer) {
  std::array<char, kPreambleBytes> preamble;
  if (recv(peer.fd, preamble.data(), preamble.size(), 0) != ssize_t{kPreambleBytes}) {
    drop(peer);
    return;
  }
  peer.role = preamble[0];
  std::memcpy(&peer.group, preamble.data() + 4, sizeof peer.group);
  const auto meet = [&](char role, auto connect) {
    for (Peer* other : groups_[{peer.group, role}]) connect(*other);
  };
  if (peer.role == 'A' || peer.role == 'B') {
    meet(peer.role == 'A' ? 'B' : 'A', [&](Peer& other) {
      link(peer, other);
      link(other, peer);
    });
  }
  if (peer.role == 'P') meet('S', [&](Peer& other) { link(peer, other); });
  if (peer.role == 'S') meet('P', [&](Peer& other) { link(other, peer); });
  groups_[{peer.group, peer.role}].push_back(&peer);
  if (send(peer.fd, "!", 1, MSG_NOSIGNAL) != 1) drop(peer);
}

void Relay::link(Peer& from, Peer& to) {
  from.receivers.push_back(&to);
  to.source = &from;
}

void Relay::on_readable(Peer& peer) {
  if (peer.role == 0) return introduce(peer);
  const ssize_t got = recv(peer.fd, chunk_.data(), chunk_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(peer);
  for (Peer* to : peer.receivers) relay(*to, chunk_.data(), static_cast<std::size_t>(got));
  if (peer.blocked > 0) watch(peer);
}

void Relay::relay(Peer& to, const char* data, std::size_t size) {
  ssize_t sent = send(to.fd, data, size, MSG_NOSIGNAL);
  if (sent < 0) sent = 0;
  if (static_cast<std::size_t>(sent) == size) return;
  to.unsent.assign(data + sent, size - static_cast<std::size_t>(sent));
  ++to.source->blocked;
  watch(to);
}

void Relay::on_writable(Peer& peer) {
  const ssize_t sent = send(peer.fd, peer.unsent.data(), peer.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0) return;
  peer.unsent.erase(0, static_cast<std::size_t>(sent));
  if (!peer.unsent.empty()) return;
  watch(peer);
  if (peer.source != nullptr && --peer.source->blocked == 0) watch(*peer.source);
}

void Relay::watch(Peer& peer) {
  std::uint32_t wanted = 0;
  if (peer.blocked == 0) wanted |= EPOLLIN;
  if (!peer.unsent.empty()) wanted |= EPOLLOUT;
  epoll_event event{.events = wanted, .data = {.ptr = &peer}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.fd, &event);
}

void Relay::drop(Peer& peer) {
  if (peer.role != 0) std::erase(groups_[{peer.group, peer.role}], &peer);
  for (Peer* to : peer.receivers) to->source = nullptr;
  if (peer.source != nullptr) {
    std::erase(peer.source->receivers, &peer);
    if (!peer.unsent.empty() && --peer.source->blocked == 0) watch(*peer.source);
  }
  close(std::exchange(peer.fd, -1));
  gone_.emplace_back(&peer);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench-floor SOCKET\n");
    return 2;
  }
  static Relay relay(argv[1]);
  relay.run();
}
