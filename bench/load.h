// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "hub.h"
#include "message.h"

namespace bench {

/// One end of the load on a socket that never blocks it: what it says, in turn, and what is unsent.
struct Peer {
  Peer(Connection&& made, std::vector<Message>&& said)
      : connection(std::move(made)), messages(std::move(said)) {}

  Connection connection;
  std::vector<Message> messages;
  std::size_t next = 0;
  Framer framer;
  std::string out;
  std::size_t out_sent = 0;
  bool waits_to_send = false;
  int attached_fd = -1;  // goes along with everything this peer sends

  /// Appends this peer's next message to what is to be sent; answers `reply_serial` if it answers.
  std::uint64_t say_next(std::uint32_t reply_serial = 0);
};

/// An epoll loop over peers. Reads what is there, lets the load react to each message, and sends
/// each touched peer's output once: as any efficient client would.
class Load {
 public:
  Load();
  virtual ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 protected:
  void add(Peer& peer);
  void flush(Peer& peer);

  /// Turns the loop until `done`, which on_message changes, says so. Throws if nothing comes for
  /// long.
  template <class Done>
  void run_until(Done done) {
    while (!done()) turn();
  }

  virtual void on_message(Peer& peer, Type type, std::uint32_t serial, std::string_view whole) = 0;

  std::uint64_t fds_received_ = 0;

 private:
  void turn();
  void on_readable(Peer& peer);
  std::size_t receive(Peer& peer);
  void watch_for_sending(Peer& peer, bool wanted);

  int epoll_;
  std::unique_ptr<char[]> buffer_;
};

/// Pairs of a client and a service; each client keeps `window` calls under way.
class PairLoad : public Load {
 public:
  struct Shape {
    unsigned pairs = 1;
    unsigned window = 1;
    unsigned first = 0;            // number of the first pair, where several loads share a hub
    bool with_fd = false;          // every call carries a descriptor
    std::uint64_t body_bytes = 0;  // of calls, on average; 0 for the usual mixture of small ones
    unsigned names = 0;  // services own that many in all, and each call goes to one of them
  };
  PairLoad(const std::string& socket_path, bool floor, Shape shape);
  ~PairLoad() override;

  /// Makes that many calls, or a few more, and waits for their replies. Returns how many it made.
  std::uint64_t run(std::uint64_t calls);

  /// Bytes of all calls that run() has made so far.
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  void on_message(Peer& peer, Type type, std::uint32_t serial, std::string_view whole) override;
  void add_pair(const std::string& socket_path, bool floor, unsigned i);
  [[nodiscard]] std::vector<Message> calls_of(unsigned i, std::string_view unique) const;

  Shape shape_;
  int passed_fd_ = -1;
  std::vector<std::unique_ptr<Peer>> clients_;
  std::vector<std::unique_ptr<Peer>> services_;
  std::uint64_t to_issue_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t bytes_sent_ = 0;
};

/// One publisher; every signal reaches every subscriber. Sends bursts and awaits their delivery; a
/// burst is of `burst` signals on average, a third more or less at times.
class FanLoad : public Load {
 public:
  FanLoad(const std::string& socket_path, bool floor, unsigned subscribers, unsigned burst);

  /// One subscriber to property_signals(), and `others` rules that match nothing, on 20
  /// connections.
  struct Crowd {
    unsigned others = 0;
  };
  FanLoad(const std::string& socket_path, Crowd crowd, unsigned burst);

  /// Clients that all watch a few names by NameOwnerChanged; the publisher requests and releases
  /// these in turn, and what the bus says of it is what is delivered.
  struct Watchers {
    unsigned clients = 0;
  };
  FanLoad(const std::string& socket_path, Watchers watchers, unsigned burst);

  /// Sends signals until that many deliveries have been made; returns how many were.
  std::uint64_t run(std::uint64_t deliveries);

 private:
  void on_message(Peer& peer, Type type, std::uint32_t serial, std::string_view whole) override;
  void subscribe(Connection&& connection, const std::string& rule);

  unsigned burst_;
  unsigned bursts_sent_ = 0;
  std::unique_ptr<Peer> publisher_;
  std::vector<std::unique_ptr<Peer>> subscribers_;
  std::vector<Connection> bystanders_;
  std::uint64_t delivered_ = 0;
};

}  // namespace bench
