// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "client/core.h"
#include "client/message_data.h"
#include "client/open.h"
#include "io/socket.h"
#include "wire/auth_server.h"
#include "wire/endian.h"

/// For tests: the other side of a connection, in the same thread, and a world in which time passes
/// only when nothing else can happen.
namespace headway::client {

class TestWorld final : public Surroundings {
 public:
  /// What happens elsewhere while somebody sleeps.
  std::function<void()> meanwhile = [] {};
  Time time{std::chrono::hours(1)};
  bool sleeps_in_read = false;

  Time now() override { return time; }
  void wait(int socket, bool to_write, std::optional<Time> deadline) override {
    meanwhile();
    pollfd wanted{.fd = socket, .events = POLLIN, .revents = 0};
    if (to_write) wanted.events |= POLLOUT;
    if (::poll(&wanted, 1, 0) != 0) {
      idle_ = 0;
    } else if (deadline) {
      time = std::max(time, *deadline);
    } else if (++idle_ == idle_max) {
      throw std::runtime_error("it would sleep for ever");
    }
  }
  [[nodiscard]] bool may_sleep_in_read() const override { return sleeps_in_read; }

 private:
  static constexpr int idle_max = 1000;  // a socket may take a while to become writable
  int idle_ = 0;
};

/// A server that takes one client and does what the test says. Whatever the client asks of the bus
/// while it logs in, Hello, is answered.
class Peer {
 public:
  explicit Peer(Fd socket) : socket_(std::move(socket)) {}

  /// Logs the client in and takes in what it sends. Answers Hello.
  void work() {
    const io::Receipt receipt = io::receive(socket_.get(), in_.room(), fds_);
    if (receipt.kind != io::Receipt::Kind::bytes) return;
    in_.arrived(receipt.bytes, fds_);
    if (auth_.state() == wire::AuthServer::State::reading) {
      std::string output;
      in_.skip(auth_.receive(in_.window(), output));
      say(output);
    }
    while (auth_.state() == wire::AuthServer::State::begun) {
      auto next = in_.next();
      ASSERT_TRUE(next) << next.error();
      if (!*next) return;
      if (next->member() == "Hello") {
        send(message_builder::method_return(*next).string(":1.7").build());
      } else {
        received.push_back(std::move(*next));
      }
    }
  }

  /// Sends it as number `++serial`.
  void send(const message& what) {
    std::vector<std::uint8_t> bytes(what.bytes().begin(), what.bytes().end());
    wire::store(bytes.data() + 8, ++serial, wire::native_order);
    say({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void say(std::string_view bytes) {
    ASSERT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT),
              static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() { socket_.reset(); }
  [[nodiscard]] int socket() const { return socket_.get(); }

  std::vector<message> received;
  std::uint32_t serial = 0;

 private:
  Fd socket_;
  Inbox in_;
  std::vector<Fd> fds_;
  wire::AuthServer auth_{{.guid = "0123456789abcdef0123456789abcdef",
                          .fds_possible = true,
                          .peer_uid = ::geteuid(),
                          .own_uid = ::geteuid()}};
};

/// A connection and its peer, logged in.
struct Pair {
  explicit Pair(const connection_options& options = {}) : Pair(*io::socket_pair(), options) {}

  /// The client sleeps until `what` was done by the peer's side.
  void meanwhile(std::function<void()> what) {
    world.meanwhile = [this, what = std::move(what)] {
      peer.work();
      what();
    };
  }

  TestWorld world;
  Peer peer;
  std::shared_ptr<Core> core;

 private:
  Pair(std::pair<Fd, Fd> ends, const connection_options& options) : peer(std::move(ends.first)) {
    meanwhile([] {});
    auto opened = open_socket(std::move(ends.second), options, world);
    EXPECT_TRUE(opened) << opened.error().what();
    if (opened) core = *opened;
  }
};

inline message ping() { return message_builder::method_call("a.b", "/", "a.b", "Ping").build(); }
inline message tick(std::uint32_t number) {
  return message_builder::signal("/", "a.b", "Tick").uint32(number).build();
}

}  // namespace headway::client
