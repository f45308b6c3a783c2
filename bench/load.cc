// SPDX-License-Identifier: MIT
#include "load.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace bench {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr int kStallMs = 5000;
constexpr unsigned kNamesCalledMax = 2048;
constexpr unsigned kWatchedNames = 8;

union FdControl {
  cmsghdr align;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

std::string service_name(unsigned i) { return fmt::format("org.headway.bench.Service{}", i); }

ssize_t send_with_fd(int socket, const char* data, std::size_t size, int passed) {
  FdControl control{};
  iovec part{.iov_base = const_cast<char*>(data), .iov_len = size};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(sizeof passed);
  std::memcpy(CMSG_DATA(item), &passed, sizeof passed);
  return sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// Closes the descriptors that came along and says how many they were.
unsigned close_received(msghdr& header) {
  unsigned closed = 0;
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_type != SCM_RIGHTS) continue;
    int passed = -1;
    std::memcpy(&passed, CMSG_DATA(item), sizeof passed);
    close(passed);
    ++closed;
  }
  return closed;
}

}  // namespace

std::uint64_t Peer::say_next(std::uint32_t reply_serial) {
  Message& message = messages[next];
  next = next + 1 == messages.size() ? 0 : next + 1;
  patch_u32(message.bytes.data() + 8, connection.next_serial());
  if (message.reply_serial_at != 0) {
    patch_u32(message.bytes.data() + message.reply_serial_at, reply_serial);
  }
  out.append(message.bytes);
  return message.bytes.size();
}

Load::Load() : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(new char[kBufferBytes]) {}

Load::~Load() { close(epoll_); }

void Load::add(Peer& peer) {
  const std::string& ahead = peer.connection.read_ahead();
  peer.framer.feed(ahead.data(), ahead.size(), [](Type, std::uint32_t, std::string_view) {});
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &peer}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.connection.fd(), &event) < 0) {
    throw std::runtime_error("epoll_ctl failed");
  }
}

void Load::turn() {
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kStallMs);
  if (count == 0) throw std::runtime_error("nothing came for 5 s: messages were lost or refused");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Peer& peer = *static_cast<Peer*>(event.data.ptr);
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) on_readable(peer);
    flush(peer);
  }
}

void Load::on_readable(Peer& peer) {
  const std::size_t got = receive(peer);
  peer.framer.feed(buffer_.get(), got,
                   [&](Type type, std::uint32_t serial, std::string_view whole) {
                     if (type == Type::error) {
                       throw std::runtime_error("refused: " + readable(whole));
                     }
                     on_message(peer, type, serial, whole);
                   });
}

std::size_t Load::receive(Peer& peer) {
  FdControl control;
  iovec part{.iov_base = buffer_.get(), .iov_len = kBufferBytes};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  const ssize_t got = recvmsg(peer.connection.fd(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) throw std::runtime_error("the hub closed the connection");
  if (header.msg_controllen > 0) fds_received_ += close_received(header);
  return static_cast<std::size_t>(got);
}

void Load::flush(Peer& peer) {
  while (peer.out_sent < peer.out.size()) {
    const char* data = peer.out.data() + peer.out_sent;
    const std::size_t size = peer.out.size() - peer.out_sent;
    const int fd = peer.connection.fd();
    const ssize_t sent = peer.attached_fd >= 0 ? send_with_fd(fd, data, size, peer.attached_fd)
                                               : send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return watch_for_sending(peer, true);
    if (sent < 0) throw std::runtime_error("the hub closed the connection");
    peer.out_sent += static_cast<std::size_t>(sent);
  }
  peer.out.clear();
  peer.out_sent = 0;
  if (peer.waits_to_send) watch_for_sending(peer, false);
}

void Load::watch_for_sending(Peer& peer, bool wanted) {
  if (peer.waits_to_send == wanted) return;
  peer.waits_to_send = wanted;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &peer}};
  if (wanted) event.events |= EPOLLOUT;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.connection.fd(), &event);
}

PairLoad::PairLoad(const std::string& socket_path, bool floor, Shape shape) : shape_(shape) {
  if (shape.with_fd) passed_fd_ = eventfd(0, EFD_CLOEXEC);
  for (unsigned i = 0; i < shape.pairs; ++i) add_pair(socket_path, floor, shape.first + i);
}

PairLoad::~PairLoad() {
  if (passed_fd_ >= 0) close(passed_fd_);
}

void PairLoad::add_pair(const std::string& socket_path, bool floor, unsigned i) {
  const auto connect = [&](char role) {
    return floor ? Connection::to_floor(socket_path, role, i) : Connection::to_bus(socket_path);
  };
  Connection client = connect('A');
  Connection service = connect('B');
  if (!floor) {
    service.call_all(std::max(shape_.names / shape_.pairs, 1U), [&](std::size_t name) {
      return request_name(service_name(i + static_cast<unsigned>(name) * shape_.pairs), 4);
    });
  }
  std::vector<Message> said = calls_of(i, service.unique_name());
  std::vector<Message> answered = replies(client.unique_name(), i);
  clients_.push_back(std::make_unique<Peer>(std::move(client), std::move(said)));
  services_.push_back(std::make_unique<Peer>(std::move(service), std::move(answered)));
  clients_.back()->attached_fd = passed_fd_;
  add(*clients_.back());
  add(*services_.back());
}

std::vector<Message> PairLoad::calls_of(unsigned i, std::string_view unique) const {
  if (shape_.body_bytes > 0) return sized_calls(unique, shape_.body_bytes);
  if (shape_.names == 0) return calls(unique, service_name(i), i, shape_.with_fd ? 1 : 0);
  std::vector<Message> made;
  const unsigned owned = shape_.names / shape_.pairs;
  for (unsigned k = 0; k < std::min(owned, kNamesCalledMax); ++k) {
    constexpr unsigned stride = 7919;  // a prime: neighbours in the table are not called in turn
    const std::string name = service_name(i + k * stride % owned * shape_.pairs);
    std::vector<Message> to_name = calls(name, name, k);
    made.push_back(std::move(to_name[k % to_name.size()]));
  }
  return made;
}

std::uint64_t PairLoad::run(std::uint64_t calls) {
  const std::uint64_t opening = std::uint64_t{shape_.pairs} * shape_.window;
  const std::uint64_t made = std::max(calls, opening);
  const std::uint64_t fds_before = fds_received_;
  to_issue_ = made - opening;
  under_way_ = opening;
  for (const auto& client : clients_) {
    for (unsigned i = 0; i < shape_.window; ++i) bytes_sent_ += client->say_next();
    flush(*client);
  }
  run_until([&] { return under_way_ == 0; });
  if (shape_.with_fd && fds_received_ - fds_before != made) {
    throw std::runtime_error("descriptors were lost on the way");
  }
  return made;
}

void PairLoad::on_message(Peer& peer, Type type, std::uint32_t serial, std::string_view) {
  if (type == Type::call) {
    peer.say_next(serial);
  } else if (type == Type::reply) {
    if (to_issue_ == 0) {
      --under_way_;
      return;
    }
    --to_issue_;
    bytes_sent_ += peer.say_next();
  }
}

FanLoad::FanLoad(const std::string& socket_path, bool floor, unsigned subscribers, unsigned burst)
    : burst_(burst) {
  const auto connect = [&](char role) {
    return floor ? Connection::to_floor(socket_path, role, 1) : Connection::to_bus(socket_path);
  };
  publisher_ = std::make_unique<Peer>(connect('P'), signals(subscribers));
  for (unsigned i = 0; i < subscribers; ++i) {
    const std::string rule = signal_rule(i, publisher_->connection.unique_name());
    subscribe(connect('S'), floor ? "" : rule);
  }
  add(*publisher_);
}

FanLoad::FanLoad(const std::string& socket_path, Crowd crowd, unsigned burst) : burst_(burst) {
  constexpr unsigned holders = 20;
  for (unsigned i = 0; i < (crowd.others > 0 ? holders : 0); ++i) {
    Connection& holder = bystanders_.emplace_back(Connection::to_bus(socket_path));
    const std::size_t held = (crowd.others + holders - 1 - i) / holders;
    holder.call_all(held, [i](std::size_t rule) {
      return driver_call("AddMatch", other_rule(i + holders * static_cast<unsigned>(rule)));
    });
  }
  publisher_ = std::make_unique<Peer>(Connection::to_bus(socket_path), property_signals());
  subscribe(Connection::to_bus(socket_path), property_rule(publisher_->connection.unique_name()));
  add(*publisher_);
}

FanLoad::FanLoad(const std::string& socket_path, Watchers watchers, unsigned burst)
    : burst_(burst) {
  std::vector<Message> changes;
  for (unsigned i = 0; i < kWatchedNames; ++i) {
    changes.push_back(request_name(watched_name(i), 4));
    changes.push_back(driver_call("ReleaseName", watched_name(i)));
  }
  publisher_ = std::make_unique<Peer>(Connection::to_bus(socket_path), std::move(changes));
  for (unsigned i = 0; i < watchers.clients; ++i) {
    Connection client = Connection::to_bus(socket_path);
    // Every fourth watches them all by one rule, the others each by its own.
    const std::string together = i % 4 == 0 ? watch_namespace_rule() : "";
    if (together.empty()) {
      client.call_all(kWatchedNames, [](std::size_t name) {
        return driver_call("AddMatch", watch_rule(static_cast<unsigned>(name)));
      });
    }
    subscribe(std::move(client), together);
  }
  add(*publisher_);
}

void FanLoad::subscribe(Connection&& connection, const std::string& rule) {
  if (!rule.empty()) {
    Message add_match = driver_call("AddMatch", rule);
    connection.call(add_match);
  }
  subscribers_.push_back(std::make_unique<Peer>(std::move(connection), std::vector<Message>{}));
  add(*subscribers_.back());
}

std::uint64_t FanLoad::run(std::uint64_t deliveries) {
  const std::uint64_t per_signal = subscribers_.size();
  std::uint64_t awaited = 0;
  delivered_ = 0;
  while (awaited < deliveries) {
    const unsigned burst = burst_ - burst_ / 3 + (bursts_sent_++ % 3) * (burst_ / 3);
    for (unsigned i = 0; i < burst; ++i) publisher_->say_next();
    flush(*publisher_);
    awaited += burst * per_signal;
    run_until([&] { return delivered_ >= awaited; });
  }
  if (delivered_ != awaited) throw std::runtime_error("signals were delivered twice");
  return delivered_;
}

void FanLoad::on_message(Peer& peer, Type type, std::uint32_t, std::string_view) {
  // The publisher gets a signal too: NameAcquired, which may follow the answer to its Hello.
  if (type == Type::signal && &peer != publisher_.get()) ++delivered_;
}

}  // namespace bench
