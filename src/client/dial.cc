// SPDX-License-Identifier: MIT
#include "client/dial.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "client/resolve.h"
#include "io/error.h"
#include "io/socket.h"

namespace headway::client {
namespace {

constexpr std::size_t nonce_bytes = 16;  // ADDR-017

template <class T>
using Dial = std::expected<T, std::string>;

std::unexpected<std::string> failed(const char* call) {
  return std::unexpected(io::describe({.call = call, .number = errno}));
}

constexpr Duration full_backlog_pause = std::chrono::milliseconds(5);

/// Without a loop connect() blocks, and gives up at the deadline.
Dial<Fd> make_socket(const Waiter& waiter, int family, Time deadline) {
  const bool blocks = waiter.runner == nullptr;
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0));
  if (!fd) return failed("socket");
  if (!blocks) return fd;
  const auto left = std::max<Duration>(deadline - waiter.now(), std::chrono::milliseconds(1));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
  const timeval value{.tv_sec = seconds.count(), .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &value, sizeof(value));
  return fd;
}

/// The kernel's word on a connect() that went on without us.
int outcome_of_connect(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return errno;
  if (error != 0) return error;
  sockaddr_storage peer{};
  size = sizeof(peer);
  const bool is_there = ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
  return is_there ? 0 : EINPROGRESS;
}

task<Dial<void>> connect_to(Waiter waiter, int socket, const sockaddr* address, socklen_t size,
                            Time deadline) {
  bool is_under_way = false;
  while (true) {
    int problem = 0;
    if (is_under_way) {
      problem = outcome_of_connect(socket);
    } else if (::connect(socket, address, size) < 0 && errno != EISCONN) {
      problem = errno;
    }
    if (problem == 0) co_return Dial<void>();
    if (problem == EINTR) continue;
    const bool must_wait = problem == EINPROGRESS || problem == EAGAIN;
    const Time now = waiter.now();
    if (must_wait && (waiter.runner == nullptr || now >= deadline)) problem = ETIMEDOUT;
    if (!must_wait || problem == ETIMEDOUT) {
      errno = problem;
      co_return failed("connect");
    }
    // A unix socket whose backlog is full cannot be waited for, only asked again.
    is_under_way = problem == EINPROGRESS;
    const Time until = is_under_way ? deadline : std::min(deadline, now + full_backlog_pause);
    co_await Moment(waiter, is_under_way ? socket : -1, true, until);
  }
}

task<Dial<Dialed>> dial_unix(Waiter waiter, std::string name, bool is_abstract, Time deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    co_return failed("connect");
  }
  std::memcpy(address.sun_path + (is_abstract ? 1 : 0), name.data(), name.size());
  const auto size =
      is_abstract ? offsetof(sockaddr_un, sun_path) + 1 + name.size() : sizeof(address);
  auto socket = make_socket(waiter, AF_UNIX, deadline);
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  auto connected =
      co_await connect_to(waiter, socket->get(), reinterpret_cast<const sockaddr*>(&address),
                          static_cast<socklen_t>(size), deadline);
  if (!connected) co_return std::unexpected(std::move(connected.error()));
  co_return Dialed{.socket = std::move(*socket), .is_local = true};
}

Dial<void> say_nonce(int socket, const std::string& file) {
  std::uint8_t nonce[nonce_bytes + 1];
  const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t count = opened ? ::read(opened.get(), nonce, sizeof(nonce)) : -1;
  if (count < 0) return failed(("nonce file " + file).c_str());
  if (count != nonce_bytes) return std::unexpected("nonce file " + file + " is not 16 bytes long");
  if (::send(socket, nonce, nonce_bytes, MSG_NOSIGNAL) != nonce_bytes) return failed("send");
  return {};
}

task<Dial<Dialed>> dial_tcp(Waiter waiter, wire::TcpConnect where, Time deadline) {
  auto found = co_await resolve(waiter, where, deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  std::string last = "no address";
  for (const addrinfo* one = found->get(); one != nullptr; one = one->ai_next) {
    auto socket = make_socket(waiter, one->ai_family, deadline);
    if (!socket) co_return std::unexpected(std::move(socket.error()));
    auto connected =
        co_await connect_to(waiter, socket->get(), one->ai_addr, one->ai_addrlen, deadline);
    if (!connected) {
      last = connected.error();
      continue;
    }
    io::set_no_delay(socket->get());
    if (!where.nonce_file.empty()) {
      const auto said = say_nonce(socket->get(), where.nonce_file);
      if (!said) co_return std::unexpected(said.error());
    }
    co_return Dialed{.socket = std::move(*socket)};
  }
  co_return std::unexpected(last);
}

/// In the child of a fork, where only calls that are safe in a signal handler are.
[[noreturn]] void become(const char* path, char* const* arguments, int socket) {
  if (::fork() != 0) ::_exit(0);
  ::dup2(socket, STDIN_FILENO);
  ::dup2(socket, STDOUT_FILENO);
  ::execvp(path, arguments);
  ::_exit(127);
}

Dial<Dialed> dial_exec(wire::UnixExec program) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return failed("socketpair");
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  std::vector<char*> arguments;
  for (std::string& argument : program.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);

  const pid_t between = ::fork();
  if (between < 0) return failed("fork");
  if (between == 0) become(program.path.c_str(), arguments.data(), theirs.get());
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Dialed{.socket = std::move(ours), .is_local = true};
}

}  // namespace

task<Dial<Dialed>> dial(Waiter waiter, wire::AddressEntry entry, Time deadline) {
  auto meaning = wire::connect_address(entry);
  if (!meaning) co_return std::unexpected(meaning.error().text);
  if (auto* const path = std::get_if<wire::UnixPath>(&*meaning)) {
    auto dialed = co_await dial_unix(waiter, std::move(path->path), false, deadline);
    co_return dialed;
  }
  if (auto* const abstract = std::get_if<wire::UnixAbstract>(&*meaning)) {
    auto dialed = co_await dial_unix(waiter, std::move(abstract->name), true, deadline);
    co_return dialed;
  }
  if (auto* const tcp = std::get_if<wire::TcpConnect>(&*meaning)) {
    auto dialed = co_await dial_tcp(waiter, std::move(*tcp), deadline);
    co_return dialed;
  }
  if (auto* const exec = std::get_if<wire::UnixExec>(&*meaning)) {
    co_return dial_exec(std::move(*exec));
  }
  co_return std::unexpected(std::string(
      "autolaunch is not done here: start a session bus and set DBUS_SESSION_BUS_ADDRESS"));
}

}  // namespace headway::client
