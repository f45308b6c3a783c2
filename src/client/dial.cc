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

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
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

/// A socket whose connect() gives up after `limit`.
Dial<Fd> make_socket(int family, Duration limit) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed("socket");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit);
  const timeval value{.tv_sec = seconds.count(), .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &value, sizeof(value));
  return fd;
}

Dial<void> connect_to(int socket, const sockaddr* address, socklen_t size) {
  int status = 0;
  do {
    status = ::connect(socket, address, size);
  } while (status < 0 && errno == EINTR);
  if (status == 0 || errno == EISCONN) return {};
  if (errno == EINPROGRESS || errno == EAGAIN) errno = ETIMEDOUT;
  return failed("connect");
}

Dial<Dialed> dial_unix(std::string_view name, bool is_abstract, Duration limit) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return failed("connect");
  }
  std::memcpy(address.sun_path + (is_abstract ? 1 : 0), name.data(), name.size());
  const auto size =
      is_abstract ? offsetof(sockaddr_un, sun_path) + 1 + name.size() : sizeof(address);
  Fd socket = TRY(make_socket(AF_UNIX, limit));
  TRY_VOID(connect_to(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                      static_cast<socklen_t>(size)));
  return Dialed{.socket = std::move(socket), .is_local = true};
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

Dial<Dialed> dial_tcp(const wire::TcpConnect& where, Duration limit) {
  addrinfo hints{};
  hints.ai_family = where.family == wire::AddressFamily::ipv4   ? AF_INET
                    : where.family == wire::AddressFamily::ipv6 ? AF_INET6
                                                                : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = where.family == wire::AddressFamily::any ? AI_ADDRCONFIG : 0;
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (problem != 0) return std::unexpected(where.host + ": " + ::gai_strerror(problem));
  const std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })> list(
      found);

  std::string last = "no address";
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    Fd socket = TRY(make_socket(one->ai_family, limit));
    const auto connected = connect_to(socket.get(), one->ai_addr, one->ai_addrlen);
    if (!connected) {
      last = connected.error();
      continue;
    }
    io::set_no_delay(socket.get());
    if (!where.nonce_file.empty()) TRY_VOID(say_nonce(socket.get(), where.nonce_file));
    return Dialed{.socket = std::move(socket)};
  }
  return std::unexpected(last);
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

Dial<Dialed> dial(const wire::AddressEntry& entry, Duration limit) {
  auto meaning = wire::connect_address(entry);
  if (!meaning) return std::unexpected(meaning.error().text);
  if (const auto* path = std::get_if<wire::UnixPath>(&*meaning)) {
    return dial_unix(path->path, false, limit);
  }
  if (const auto* abstract = std::get_if<wire::UnixAbstract>(&*meaning)) {
    return dial_unix(abstract->name, true, limit);
  }
  if (const auto* tcp = std::get_if<wire::TcpConnect>(&*meaning)) return dial_tcp(*tcp, limit);
  if (auto* exec = std::get_if<wire::UnixExec>(&*meaning)) return dial_exec(std::move(*exec));
  return std::unexpected(std::string(
      "autolaunch is not done here: start a session bus and set DBUS_SESSION_BUS_ADDRESS"));
}

}  // namespace headway::client
