// SPDX-License-Identifier: MIT
#include "io/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "io/clock.h"
#include "io/credentials.h"
#include "io/loop.h"
#include "io/receive.h"

namespace headway::io {
namespace {

std::string scratch_path() {
  char directory[] = "/tmp/headway-io-XXXXXX";
  return std::string(::mkdtemp(directory)) + "/socket";
}

Fd connect_to(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) fd.reset();
  return fd;
}

// ADDR-011
TEST(Sockets, APathIsTakenOverFromASocketButNotFromAFile) {
  const std::string path = scratch_path();
  ASSERT_TRUE(listen_unix(path));
  auto again = listen_unix(path);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(connect_to(path));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0777u);

  ::unlink(path.c_str());
  Fd file(::open(path.c_str(), O_CREAT | O_WRONLY, 0600));
  const auto refused = listen_unix(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().number, EADDRINUSE);
  ::unlink(path.c_str());
}

TEST(Sockets, ASocketSaysWhereItListens) {
  const std::string path = scratch_path();
  const auto at_path = listen_unix(path);
  const auto bound = bound_address(at_path->get());
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->kind, BoundAddress::Kind::unix_path);
  EXPECT_EQ(bound->name, path);
  ::unlink(path.c_str());

  const auto tcp = listen_tcp({.host = "127.0.0.1"});
  ASSERT_TRUE(tcp) << tcp.error();
  const auto port = bound_address(tcp->sockets.front().get());
  ASSERT_TRUE(port);
  EXPECT_EQ(port->name, "127.0.0.1");
  EXPECT_EQ(port->port, tcp->port);
  EXPECT_NE(tcp->port, 0);

  const auto pair = socket_pair();
  EXPECT_FALSE(bound_address(pair->first.get()));
}

// CRED-001, CRED-002
TEST(Sockets, CredentialsAreThoseOfTheProcessThatConnected) {
  const std::string path = scratch_path();
  const auto listener = listen_unix(path);
  const Fd client = connect_to(path);
  const auto server = accept(listener->get());
  ASSERT_TRUE(server);

  const PeerCredentials credentials = peer_credentials(server->get());
  EXPECT_EQ(credentials.uid, ::geteuid());
  EXPECT_EQ(credentials.pid, static_cast<std::uint32_t>(::getpid()));
  ASSERT_TRUE(credentials.groups);
  EXPECT_TRUE(std::ranges::is_sorted(*credentials.groups));
  EXPECT_TRUE(std::ranges::binary_search(*credentials.groups, ::getegid()));
  ::unlink(path.c_str());
}

TEST(Sockets, ATcpConnectionHasNoCredentials) {
  const auto listener = listen_tcp({.host = "127.0.0.1"});
  const PeerCredentials credentials = peer_credentials(listener->sockets.front().get());
  EXPECT_FALSE(credentials.uid);
  EXPECT_FALSE(credentials.pid);
  EXPECT_FALSE(credentials.groups);
}

TEST(Receive, ReportsNothingBytesAndEnd) {
  const auto pair = socket_pair();
  std::array<char, 16> buffer{};
  iovec into{buffer.data(), buffer.size()};
  std::vector<Fd> fds;

  EXPECT_EQ(receive(pair->second.get(), {&into, 1}, fds).kind, Receipt::Kind::nothing);
  ASSERT_EQ(::send(pair->first.get(), "abc", 3, 0), 3);
  ASSERT_EQ(::shutdown(pair->first.get(), SHUT_WR), 0);
  const Receipt got = receive(pair->second.get(), {&into, 1}, fds);
  EXPECT_EQ(got.kind, Receipt::Kind::bytes);
  EXPECT_EQ(got.bytes, 3u);
  EXPECT_EQ(receive(pair->second.get(), {&into, 1}, fds).kind, Receipt::Kind::end);
}

TEST(Loop, WakesUpForTheEarliestDeadline) {
  auto loop = Loop::create();
  const Time start = now();
  EXPECT_TRUE(loop->wait(start + std::chrono::milliseconds(1)).empty());
  EXPECT_GE(now(), start + std::chrono::milliseconds(1));
  // One that has passed, then one that is never again, neither in its way.
  EXPECT_TRUE(loop->wait(start).empty());
  const auto pair = socket_pair();
  ASSERT_TRUE(loop->add(pair->second.get(), EPOLLOUT, 7));
  EXPECT_EQ(loop->wait(now() + std::chrono::hours(1)).size(), 1u);
  EXPECT_EQ(loop->wait(std::nullopt).size(), 1u);
}

TEST(Loop, ReportsReadyDescriptorsByTheirTagUntilTheyAreRead) {
  auto loop = Loop::create();
  const auto pair = socket_pair();
  ASSERT_TRUE(loop->add(pair->second.get(), EPOLLIN, 7));
  EXPECT_TRUE(loop->poll().empty());

  ASSERT_EQ(::send(pair->first.get(), "a", 1, 0), 1);
  for (int turn = 0; turn < 2; ++turn) {
    const auto ready = loop->wait(std::nullopt);
    ASSERT_EQ(ready.size(), 1u);
    EXPECT_EQ(ready[0].data.u64, 7u);
  }
  loop->change(pair->second.get(), 0, 7);
  EXPECT_TRUE(loop->poll().empty());
}

}  // namespace
}  // namespace headway::io
