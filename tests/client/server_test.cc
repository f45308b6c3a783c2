// SPDX-License-Identifier: MIT
// A program that peers connect to without a bus, and opening without blocking.
#include "headway/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "asking_testing.h"
#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using namespace std::chrono_literals;
using headway::admission;
using headway::connection;
using headway::connection_options;
using headway::event_loop;
using headway::message;
using headway::message_builder;
using headway::server_options;
using headway::task;
using headway::unique_fd;
namespace error_name = headway::error_name;

template <class Role>
struct Echo1 {
  static constexpr std::string_view name = "org.example.Echo1";
  headway::method<Role, std::string(std::string)> echo;
  headway::signal<Role, std::string> said;
};

const connection_options to_peer{.hello = false};

class Directory {
 public:
  Directory() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { ::rmdir(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/headway-server-XXXXXX";
};

std::pair<unique_fd, unique_fd> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
    throw std::runtime_error("socketpair");
  }
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

/// A socket that connects and says what it is told.
unique_fd raw_client(const std::string& path) {
  unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    throw std::runtime_error("connect");
  }
  return socket;
}

message ping() {
  return message_builder::method_call("", "/", "org.freedesktop.DBus.Peer", "Ping").build();
}

/// Peers that are served an echo.
class Server : public testing::Test {
 protected:
  Server() { open(); }
  ~Server() override { server.reset(); }

  void open(const server_options& options = {}) {
    server.emplace(loop, "unix:path=" + path, [this](connection peer) { serve(peer); }, options);
  }
  void serve(const connection& peer) {
    echoes.push_back(peer.serve<Echo1>("/echo"));
    echoes.back()->echo = [](const std::string& text) { return text; };
  }
  connection client(const std::string& address) {
    return loop.run(connection::open_async(address, loop, to_peer));
  }
  connection client() { return client(server->address()); }
  std::string echo(const connection& peer, const std::string& text) {
    auto ask = [](const connection& whom, std::string what) -> task<std::string> {
      const auto proxy = whom.proxy<Echo1>("", "/echo");
      auto answer = co_await proxy->echo(what);
      co_return answer;
    };
    return loop.run(ask(peer, text));
  }
  /// Waits for what the test's other end does.
  void run_until(const std::function<bool()>& is_so) {
    auto wait = [](event_loop& on, const std::function<bool()>& what) -> task<> {
      while (!what()) co_await on.sleep(1ms);
    };
    loop.run(wait(loop, is_so));
  }

  Directory directory;
  std::string path = directory.path() + "/socket";
  event_loop loop;
  std::optional<headway::server> server;
  std::vector<headway::served<Echo1>> echoes;
};

TEST_F(Server, ServesEachPeerThatConnects) {
  const connection first = client();
  const connection second = client();
  EXPECT_EQ(echo(first, "one"), "one");
  EXPECT_EQ(echo(second, "two"), "two");
  EXPECT_EQ(first.unique_name(), "");
  EXPECT_TRUE(first.passes_fds());
  EXPECT_EQ(server->connections(), 2u);
  EXPECT_NE(server->address().find("guid=" + first.server_id()), std::string::npos);
}

TEST_F(Server, TellsWhoIsThere) {
  const connection peer = client();
  EXPECT_EQ(echo(peer, "x"), "x");
  EXPECT_EQ(peer.credentials().uid, ::geteuid());
  EXPECT_EQ(peer.credentials().pid, static_cast<std::uint32_t>(::getpid()));
  peer.close();
  EXPECT_FALSE(peer.credentials().uid);
}

TEST_F(Server, BroadcastsToItsPeers) {
  const connection peer = client();
  std::string heard;
  const auto proxy = peer.proxy<Echo1>("", "/echo");
  const headway::slot said = proxy->said.on([&](const std::string& text) {
    heard = text;
    loop.stop();
  });
  EXPECT_EQ(echo(peer, "x"), "x");
  echoes.back()->said("news");
  loop.run();
  EXPECT_EQ(heard, "news");
}

TEST_F(Server, TheSocketGoesWithItAndPeersStay) {
  const connection peer = client();
  EXPECT_EQ(echo(peer, "x"), "x");
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  server.reset();
  EXPECT_LT(::access(path.c_str(), F_OK), 0);
  EXPECT_EQ(echo(peer, "y"), "y");
}

TEST_F(Server, ASocketThatWasLeftBehindIsInNobodysWay) {
  server.reset();
  {
    const unique_fd left(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  open();
  EXPECT_EQ(echo(client(), "x"), "x");
}

TEST_F(Server, WhoMayNotComeInIsTold) {
  server.reset();
  std::optional<std::uint32_t> asked;
  open({.who = {.allows = [&](const headway::peer_credentials& peer) {
          asked = peer.uid;
          return false;
        }}});
  EXPECT_EQ(error_of([&] { client(); }), error_name::auth_failed);
  EXPECT_EQ(asked, ::geteuid());
  EXPECT_EQ(server->connections(), 0u);
  EXPECT_TRUE(echoes.empty());
}

TEST_F(Server, AnybodyMayComeInIfTheServerSaysSo) {
  server.reset();
  open({.who = {.allows = [](const headway::peer_credentials&) { return false; },
                .anonymous = true}});
  EXPECT_EQ(echo(client(), "x"), "x");
}

TEST_F(Server, TooManyWaitUntilOneGoes) {
  server.reset();
  open({.connections_max = 2});
  std::optional<connection> first = client();
  const connection second = client();
  std::optional<connection> third;
  auto connect = [](event_loop& on, std::string where,
                    std::optional<connection>& result) -> task<> {
    auto opened = co_await connection::open_async(where, on, to_peer);
    result = opened;
  };
  loop.spawn(connect(loop, server->address(), third));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(echo(second, "x"), "x");
  EXPECT_FALSE(third);
  EXPECT_EQ(server->connections(), 2u);
  first->close();
  run_until([&] { return third.has_value(); });
  EXPECT_EQ(echo(*third, "y"), "y");
}

TEST_F(Server, WhoDoesNotLogInInTimeLosesItsPlace) {
  server.reset();
  open({.connections_max = 1, .connections = {.login_limit = 20ms}});
  const unique_fd silent = raw_client(path);
  EXPECT_EQ(echo(client(), "x"), "x");  // when the other has gone
  char byte = 0;
  EXPECT_EQ(::read(silent.get(), &byte, 1), 0);
}

TEST_F(Server, WhoTalksNonsenseIsClosed) {
  const unique_fd rude = raw_client(path);
  ASSERT_EQ(::write(rude.get(), "GET / HTTP/1.1\r\n\r\n", 18), 18);
  char answer[100];
  run_until([&] { return ::recv(rude.get(), answer, sizeof(answer), MSG_DONTWAIT) == 0; });
  run_until([&] { return server->connections() == 0; });
  EXPECT_TRUE(echoes.empty());
}

TEST_F(Server, AHandlerMayBeACoroutine) {
  server.reset();
  std::string order;
  server.emplace(loop, "unix:path=" + path, [&](connection peer) -> task<> {
    serve(peer);
    auto said = peer.stream("type='signal',member='Said'");
    auto first = co_await said.next();
    order += first->body().string();
    peer.close();
  });
  const connection peer = client();
  EXPECT_EQ(echo(peer, "x"), "x");
  peer.send(message_builder::signal("/", "org.example.Echo1", "Said").string("bye").build());
  run_until([&] { return !peer.is_open() && server->connections() == 0; });
  EXPECT_EQ(order, "bye");
}

TEST_F(Server, ACoroutineEndsWithTheServer) {
  server.reset();
  bool has_begun = false;
  server.emplace(loop, "unix:path=" + path, [&](connection) -> task<> {
    has_begun = true;
    co_await loop.sleep(1h);
  });
  const connection peer = client();
  run_until([&] { return has_begun; });
  server.reset();
  run_until([&] { return !peer.is_open(); });
}

TEST_F(Server, AHandlerMayEndTheServer) {
  server.reset();
  server.emplace(loop, "unix:path=" + path, [&](connection peer) {
    serve(peer);
    server.reset();
  });
  const std::string address = server->address();
  const connection only = client(address);
  EXPECT_EQ(echo(only, "x"), "x");
  EXPECT_FALSE(server);
  EXPECT_EQ(error_of([&] { client(address); }), error_name::no_server);
}

TEST_F(Server, WhatAHandlerThrowsComesOutOfTheLoop) {
  server.reset();
  server.emplace(loop, "unix:path=" + path,
                 [](const connection&) { throw std::runtime_error("a handler's"); });
  EXPECT_THROW(run_until([&] {
                 client();
                 return false;
               }),
               std::runtime_error);
}

TEST_F(Server, ItEndsWithItsLoop) {
  auto other = std::make_unique<event_loop>();
  headway::server short_lived(*other, "unix:tmpdir=/tmp", [](const connection&) {});
  const unique_fd silent = raw_client(path);
  other.reset();
}

TEST(ServerAddresses, AreOfSeveralKinds) {
  event_loop loop;
  const Directory directory;
  const auto ignore = [](const connection&) {};
  const headway::server made_up(loop, "unix:dir=" + directory.path(), ignore);
  EXPECT_TRUE(made_up.address().starts_with("unix:path=" + directory.path() + "/dbus-"));
  const std::string name = directory.path() + "/abstract";
  const headway::server abstract(loop, "unix:abstract=" + name, ignore);
  EXPECT_TRUE(abstract.address().starts_with("unix:abstract=" + name));
  const connection peer = loop.run(connection::open_async(abstract.address(), loop, to_peer));
  EXPECT_TRUE(peer.is_open());
}

TEST(ServerAddresses, ThatCannotBeAreErrors) {
  event_loop loop;
  const auto error_at = [&](const std::string& address) {
    return error_of([&] { headway::server(loop, address, [](const connection&) {}); });
  };
  EXPECT_EQ(error_at("nonsense"), error_name::bad_address);
  EXPECT_EQ(error_at("tcp:host=localhost"), error_name::failed);
  EXPECT_EQ(error_at("unix:path=/proc/socket"), error_name::failed);
  EXPECT_EQ(error_at("systemd:"), error_name::failed);
}

TEST(Accept, ASocketIsEnough) {
  auto ends = socket_pair();
  std::thread other([&] {
    const connection client = connection::adopt(std::move(ends.first), to_peer);
    client.call(ping()).wait();
  });
  const connection peer = connection::accept(std::move(ends.second));
  EXPECT_TRUE(peer.passes_fds());
  const auto call = peer.next_message(20s);
  ASSERT_TRUE(call);
  peer.send(message_builder::method_return(*call).build());
  other.join();
}

TEST(Accept, WhoMayNotIsRefused) {
  auto ends = socket_pair();
  const admission nobody{.allows = [](const headway::peer_credentials&) { return false; }};
  EXPECT_EQ(error_of([&] { std::ignore = connection::accept(std::move(ends.second), nobody); }),
            error_name::access_denied);
  EXPECT_EQ(error_of([&] { std::ignore = connection::adopt(std::move(ends.first), to_peer); }),
            error_name::auth_failed);
}

TEST(Accept, DescriptorsBeforeTheLoginEndIt) {
  auto ends = socket_pair();
  char nul = 0;
  iovec part{.iov_base = &nul, .iov_len = 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  cmsghdr* const carried = CMSG_FIRSTHDR(&header);
  carried->cmsg_level = SOL_SOCKET;
  carried->cmsg_type = SCM_RIGHTS;
  carried->cmsg_len = CMSG_LEN(sizeof(int));
  const int self = ends.first.get();
  std::memcpy(CMSG_DATA(carried), &self, sizeof(self));
  ASSERT_EQ(::sendmsg(ends.first.get(), &header, 0), 1);
  EXPECT_EQ(error_of([&] { std::ignore = connection::accept(std::move(ends.second)); }),
            error_name::auth_failed);
}

TEST(OpenAsync, AConnectionToABusServesAtOnce) {
  event_loop loop;
  const connection bus = loop.run(connection::open_async(entry("unix:"), loop));
  EXPECT_TRUE(bus.unique_name().starts_with(":1."));
  auto ask = [](const connection& at) -> task<std::string> {
    auto owner = co_await at.name_owner("org.freedesktop.DBus");
    co_return owner;
  };
  EXPECT_EQ(loop.run(ask(bus)), "org.freedesktop.DBus");
}

TEST(OpenAsync, TcpNamesAreLookedUpBesideTheLoop) {
  event_loop loop;
  const connection bus = loop.run(connection::open_async(entry("tcp:host=localhost"), loop));
  EXPECT_TRUE(bus.is_open());
  const std::string nowhere = "tcp:host=no-such-host.invalid,port=1";
  EXPECT_EQ(error_of([&] { loop.run(connection::open_async(nowhere, loop)); }),
            error_name::no_server);
}

TEST(OpenAsync, ErrorsAreThoseOfOpen) {
  event_loop loop;
  const auto error_at = [&](const std::string& address) {
    return error_of([&] { loop.run(connection::open_async(address, loop)); });
  };
  EXPECT_EQ(error_at("nonsense"), error_name::bad_address);
  EXPECT_EQ(error_at("unix:path=/proc/nonexistent"), error_name::no_server);
  const connection bus =
      loop.run(connection::open_async("unix:path=/proc/nonexistent;" + entry("unix:"), loop));
  EXPECT_TRUE(bus.is_open());
}

/// Listens, and answers nobody.
class Silent {
 public:
  Silent() : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0 ||
        ::listen(socket_.get(), 0) < 0) {
      throw std::runtime_error("listen");
    }
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  ~Silent() { ::unlink(path_.c_str()); }
  [[nodiscard]] std::string address() const { return "unix:path=" + path_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Directory directory_;
  std::string path_ = directory_.path() + "/silent";
  unique_fd socket_;
};

TEST(OpenAsync, WhoNeverAnswersIsGivenUpWhileOthersAreServed) {
  const Silent silent;
  event_loop loop;
  int ticks = 0;
  auto tick = [](event_loop& on, int& count) -> task<> {
    while (true) {
      co_await on.sleep(1ms);
      ++count;
    }
  };
  loop.spawn(tick(loop, ticks));
  const connection_options impatient{.login_limit = 50ms};
  EXPECT_EQ(error_of([&] { loop.run(connection::open_async(silent.address(), loop, impatient)); }),
            error_name::no_reply);
  EXPECT_GT(ticks, 1);
}

TEST(OpenAsync, AFullBacklogIsWaitedFor) {
  const Silent silent;
  std::vector<unique_fd> before;  // one is taken by the kernel, with a backlog of 0
  before.push_back(raw_client(silent.path()));
  event_loop loop;
  const connection_options impatient{.login_limit = 50ms};
  EXPECT_EQ(error_of([&] { loop.run(connection::open_async(silent.address(), loop, impatient)); }),
            error_name::no_server);
}

TEST(OpenAsync, ItCanBeGivenUpAtEveryStep) {
  for (int turns = 0; turns < 12; ++turns) {
    event_loop loop;
    std::optional<connection> bus;
    auto open = [](event_loop& on, std::optional<connection>& result) -> task<> {
      auto opened = co_await connection::open_async(entry("unix:"), on);
      result = opened;
    };
    {
      const task<> doomed = open(loop, bus);
      doomed.start();
      for (int i = 0; i < turns && !doomed.is_done(); ++i) loop.turn();
    }
    auto nap = [](event_loop& on) -> task<> { co_await on.sleep(2ms); };
    loop.run(nap(loop));
  }
}

}  // namespace
