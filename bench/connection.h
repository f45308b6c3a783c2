// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "message.h"

namespace bench {

/// A connection used one step at a time: set-up, and the rows that do one thing at a time. Fails by
/// std::runtime_error, whose text says what the hub answered. The socket blocks, with a time limit.
class Connection {
 public:
  /// How a client opens: sd-bus writes everything up to Hello at once, libdbus awaits each answer.
  enum class Opening { at_once, line_by_line };

  /// Connects, authenticates and says Hello.
  static Connection to_bus(const std::string& socket_path, Opening opening = Opening::at_once);

  /// Connects to bench-floor in the given role ('A', 'B', 'P' or 'S') of a group.
  static Connection to_floor(const std::string& socket_path, char role, std::uint32_t group);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) = delete;
  ~Connection();

  /// Sends a call and waits for its reply; whatever else comes meanwhile is dropped. The reply's
  /// bytes are valid until the next call; an error reply throws.
  std::string_view call(Message& message);

  /// Sends a call whose reply is awaited later by await_reply(): a bounded number may be under way.
  void post(Message& message);
  std::string_view await_reply();

  /// Makes that many calls, a bounded number of them under way at a time.
  template <class Make>
  void call_all(std::size_t count, Make make) {
    constexpr std::size_t posted_max = 64;
    for (std::size_t i = 0; i < count + posted_max; ++i) {
      if (i < count) {
        Message message = make(i);
        post(message);
      }
      if (i >= posted_max && i - posted_max < count) await_reply();
    }
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& unique_name() const { return unique_name_; }
  std::uint32_t next_serial() { return ++serial_; }

  /// Bytes received during set-up beyond what was asked for; the reader that takes over starts with
  /// them.
  [[nodiscard]] const std::string& read_ahead() const { return read_ahead_; }

 private:
  Connection() = default;
  void open(const std::string& socket_path);
  void authenticate_and_hello(Opening opening);
  std::string read_line();
  void send_all(std::string_view bytes) const;
  void receive_more();
  void read_exactly(char* to, std::size_t count);
  void read_message();

  int fd_ = -1;
  std::uint32_t serial_ = 0;
  std::string unique_name_;
  std::string read_ahead_;
  std::string message_;
};

/// Counts messages in a stream of bytes by their fixed headers alone.
class Framer {
 public:
  /// Calls on_message(type, serial, whole) for every message that ends in these bytes; `whole` is
  /// its text if all of it lies in them, else empty.
  template <class OnMessage>
  void feed(const char* data, std::size_t size, OnMessage&& on_message) {
    const char* const end = data + size;
    while (data < end) {
      if (have_ < sizeof head_ && !take_head(data, end)) return;
      const auto left = static_cast<std::uint64_t>(end - data);
      const std::uint64_t taken = left < remaining_ ? left : remaining_;
      data += taken;
      remaining_ -= taken;
      if (remaining_ > 0) return;
      const std::uint64_t total = body_end_;
      const bool contiguous =
          static_cast<std::uint64_t>(size) - static_cast<std::uint64_t>(end - data) >= total;
      have_ = 0;
      on_message(static_cast<Type>(head_[1]), read_u32(head_ + 8),
                 contiguous ? std::string_view(data - total, total) : std::string_view{});
    }
  }

 private:
  // Completes the fixed header; afterwards remaining_ bytes of the message are still to come.
  bool take_head(const char*& data, const char* end) {
    const auto left = static_cast<std::size_t>(end - data);
    const std::size_t wanted = sizeof head_ - have_;
    const std::size_t taken = left < wanted ? left : wanted;
    std::memcpy(head_ + have_, data, taken);
    have_ += taken;
    data += taken;
    if (have_ < sizeof head_) return false;
    const std::uint64_t fields = (std::uint64_t{read_u32(head_ + 12)} + 7) & ~std::uint64_t{7};
    remaining_ = fields + read_u32(head_ + 4);
    body_end_ = remaining_ + sizeof head_;
    return true;
  }

  char head_[16];
  std::size_t have_ = 0;
  std::uint64_t remaining_ = 0;
  std::uint64_t body_end_ = 0;
};

/// The words with which an error message begins, for a person.
std::string readable(std::string_view message);

}  // namespace bench
