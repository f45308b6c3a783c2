// SPDX-License-Identifier: MIT
#include "connection.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

constexpr time_t kPatienceS = 10;
constexpr std::size_t kReadableMax = 400;

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

/// NUL and "AUTH EXTERNAL <hex of the decimal uid>", as the specification wants it.
std::string auth_line() {
  std::string hex;
  for (const char digit : std::to_string(getuid())) hex += fmt::format("{:02x}", digit);
  return std::string(1, '\0') + "AUTH EXTERNAL " + hex + "\r\n";
}

constexpr std::string_view kNegotiate = "NEGOTIATE_UNIX_FD\r\n";
constexpr std::string_view kBegin = "BEGIN\r\n";

}  // namespace

std::string readable(std::string_view message) {
  std::string words;
  for (const char c : message.substr(0, kReadableMax)) {
    if (c >= ' ' && c <= '~') {
      words.push_back(c);
    } else if (!words.empty() && words.back() != ' ') {
      words.push_back(' ');
    }
  }
  return words;
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      serial_(other.serial_),
      unique_name_(std::move(other.unique_name_)),
      read_ahead_(std::move(other.read_ahead_)) {}

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

Connection Connection::to_bus(const std::string& socket_path, Opening opening) {
  Connection made;
  made.open(socket_path);
  made.authenticate_and_hello(opening);
  return made;
}

Connection Connection::to_floor(const std::string& socket_path, char role, std::uint32_t group) {
  Connection made;
  made.open(socket_path);
  std::array<char, 8> preamble{role};
  patch_u32(preamble.data() + 4, group);
  made.send_all({preamble.data(), preamble.size()});
  char noted = 0;
  made.read_exactly(&noted, 1);
  made.unique_name_ = fmt::format(":1.{}", group);
  return made;
}

void Connection::open(const std::string& socket_path) {
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  const timeval patience{.tv_sec = kPatienceS, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) throw std::runtime_error("path too long");
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) fail("connect");
}

void Connection::authenticate_and_hello(Opening opening) {
  static const std::string auth = auth_line();
  Message hello = driver_call("Hello");
  patch_u32(hello.bytes.data() + 8, next_serial());
  const bool at_once = opening == Opening::at_once;
  send_all(at_once ? fmt::format("{}{}{}{}", auth, kNegotiate, kBegin, hello.bytes) : auth);
  if (const std::string answer = read_line(); !answer.starts_with("OK ")) {
    throw std::runtime_error("authentication refused: " + readable(answer));
  }
  if (!at_once) send_all(kNegotiate);
  read_line();  // AGREE_UNIX_FD
  if (!at_once) send_all(fmt::format("{}{}", kBegin, hello.bytes));
  const std::string_view reply = await_reply();
  const std::uint32_t body = read_u32(reply.data() + 4);
  const std::string_view name = reply.substr(reply.size() - body + 4);
  unique_name_ = std::string(name.substr(0, name.size() - 1));
}

std::string_view Connection::call(Message& message) {
  post(message);
  return await_reply();
}

void Connection::post(Message& message) {
  patch_u32(message.bytes.data() + 8, next_serial());
  send_all(message.bytes);
}

std::string_view Connection::await_reply() {
  for (;;) {
    read_message();
    const auto type = static_cast<Type>(message_[1]);
    if (type == Type::error) throw std::runtime_error("refused: " + readable(message_));
    if (type == Type::reply) return message_;
  }
}

void Connection::send_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Connection::receive_more() {
  std::array<char, 4096> chunk;
  const ssize_t got = recv(fd_, chunk.data(), chunk.size(), 0);
  if (got == 0) throw std::runtime_error("the hub closed the connection");
  if (got < 0) fail("no answer");
  read_ahead_.append(chunk.data(), static_cast<std::size_t>(got));
}

std::string Connection::read_line() {
  std::size_t end = 0;
  while ((end = read_ahead_.find("\r\n")) == std::string::npos) receive_more();
  std::string line = read_ahead_.substr(0, end);
  read_ahead_.erase(0, end + 2);
  return line;
}

void Connection::read_exactly(char* to, std::size_t count) {
  while (read_ahead_.size() < count) receive_more();
  std::memcpy(to, read_ahead_.data(), count);
  read_ahead_.erase(0, count);
}

void Connection::read_message() {
  constexpr std::size_t head_bytes = 16;
  message_.resize(head_bytes);
  read_exactly(message_.data(), head_bytes);
  const std::size_t fields = (std::size_t{read_u32(message_.data() + 12)} + 7) & ~std::size_t{7};
  const std::size_t rest = fields + read_u32(message_.data() + 4);
  message_.resize(head_bytes + rest);
  read_exactly(message_.data() + head_bytes, rest);
}

}  // namespace bench
