// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/fd.h"
#include "base/time.h"
#include "client/calls.h"
#include "client/inbox.h"
#include "client/login.h"
#include "client/objects.h"
#include "client/signals.h"
#include "client/surroundings.h"
#include "headway/loop.h"
#include "headway/message.h"
#include "io/blocks.h"
#include "io/receive.h"
#include "io/send_queue.h"

namespace headway::client {

class Reconnector;

/// One connection: a socket, what waits to be written to it, what was read from it and not yet
/// looked at, and the calls that wait for replies. It runs no code of its user's but in dispatch:
/// reading only sorts what arrives. A reply that a blocking call waits for ends that call; all else
/// queues up in the order it came, so that a blocking call changes the order of nothing.
///
/// The reader never waits for anybody, so neither two full directions nor a call made inside of a
/// handler can lock up. What arrives beyond `incoming_bytes_max` while a blocking call waits is
/// dropped and counted (its sender, if it wants a reply, gets LimitsExceeded), except replies to
/// calls of ours.
class Core final : public std::enable_shared_from_this<Core>, loop::source {
 public:
  struct Limits {
    std::size_t outgoing_bytes_max = 0;  // more is refused, or waited for
    std::size_t incoming_bytes_max = 0;
    std::optional<Duration> call_limit = {};
  };
  enum class Phase : std::uint8_t { logging_in, open, closed };

  /// `surroundings` outlives it.
  Core(Fd socket, Surroundings& surroundings, const Limits& limits);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  /// Writes what the socket takes without waiting.
  ~Core();

  /// First: puts the first words in the queue, if they are ours. If the login is pipelined,
  /// messages may follow at once.
  void log_in(std::unique_ptr<Login> login);
  /// Instead, for a peer that is known: messages from the first byte on.
  void skip_login();
  /// The login failed, and another kind of login might not.
  [[nodiscard]] bool was_rejected() const;

  [[nodiscard]] Phase phase() const { return phase_; }
  /// Why it is closed.
  [[nodiscard]] const error& reason() const { return *reason_; }
  [[nodiscard]] std::optional<Duration> call_limit() const { return limits_.call_limit; }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] Time now() const;
  [[nodiscard]] bool passes_fds() const { return passes_fds_; }
  [[nodiscard]] const std::string& guid() const { return guid_; }
  [[nodiscard]] const std::string& unique_name() const { return unique_name_; }
  void set_unique_name(std::string_view name) { unique_name_ = name; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  /// From now on nothing that arrives is for us: the bus ends a monitor that answers.
  void become_monitor() { is_monitor_ = true; }

  /// Queues a message, with these flags added; its serial. Does not write.
  [[nodiscard]] result<std::uint32_t> send(const message& what, std::uint8_t flags);
  /// The same where nobody is left to be told that the connection is closed.
  void send_or_drop(const message& what, std::uint8_t flags = 0) {
    std::ignore = send(what, flags);
  }
  struct CallTerms {
    std::uint8_t flags = 0;
    std::optional<Time> deadline = {};
    bool jumps_queue = false;
  };
  /// Queues a call whose reply `call` waits for.
  [[nodiscard]] result<void> start(pending& call, const message& what, const CallTerms& terms);
  /// A call that is answered here instead: the serial by which answer(), fail() or send_parked()
  /// find it, which do nothing if nobody waits for it any more.
  [[nodiscard]] result<std::uint32_t> park(pending& call, const CallTerms& terms);
  /// As if such a reply had just come in.
  void answer(std::uint32_t serial, std::string_view signature, detail::output content);
  void fail(std::uint32_t serial, const error& why);
  /// Lets it be answered elsewhere after all.
  void send_parked(std::uint32_t serial, const message& what, std::uint8_t flags);

  [[nodiscard]] bool has_room() const { return out_.bytes() <= limits_.outgoing_bytes_max; }
  [[nodiscard]] bool has_unsent() const { return !out_.empty(); }
  /// Writes what the socket takes without waiting.
  void flush();
  /// Writes; then waits until something can be moved or until `deadline`, and moves it. `now` is
  /// roughly the time.
  void turn(std::optional<Time> deadline, Time now);

  /// The oldest message that nobody took; none if there is none. The order is that of arrival.
  [[nodiscard]] message take();
  [[nodiscard]] bool has_message() const { return !queue_.empty(); }
  [[nodiscard]] CallTable& calls() { return calls_; }
  [[nodiscard]] Signals& signals() { return signals_; }
  [[nodiscard]] Objects& objects() { return objects_; }
  /// From now on calls are for `handler` instead of objects().
  void give_calls_to(std::function<void(const message&)> handler) {
    call_handler_ = std::move(handler);
  }
  /// Keeps something until the connection is closed.
  void hold(std::shared_ptr<void> what) { held_ = std::move(what); }
  /// Keeps a handler that has not answered yet.
  void keep(task<void> handler) { handlers_.push_back(std::move(handler)); }

  /// From now on the loop says when there is something to do. None: nobody does.
  void attach(loop* runner);
  /// Reads what came, without waiting, and tells everybody who it is for; runs users' code.
  void process();
  /// Something was queued: it is written soon.
  void kick();
  /// A call was answered. The same, but what process() calls runs no loop between that and its end.
  void kick_for_reply() {
    if (!is_processing_) kick();
  }
  /// A blocking call is over: what it left in the queue is for process().
  void settle();
  /// If somebody waits for this reply, tells them; runs users' code.
  bool complete_reply(const message& reply);
  /// The reply as its caller wants it: an error reply is an error.
  [[nodiscard]] static result<message> outcome(message reply);

  void close(std::string_view name, std::string_view text);

  /// From now on a loss is not the end: once everybody was told, `how` begins to open it again, and
  /// ends with take_over().
  void come_back(std::unique_ptr<Reconnector> how);
  [[nodiscard]] bool comes_back() const { return reconnector_ != nullptr; }
  /// Null if it does not come back.
  [[nodiscard]] Reconnector* reconnector() { return reconnector_.get(); }
  /// Goes on with the socket of another, which has logged in.
  void take_over(Core& fresh);
  /// How often it was taken over: what was asked in another life is not answered in this.
  [[nodiscard]] std::uint64_t life() const { return life_; }
  /// Closes it for good.
  void end();

 private:
  class Asleep;
  void ready() override;
  void loop_ended() noexcept override;
  void take_turn();
  void dispatch(const message& next);
  [[nodiscard]] bool is_of_another_thread() const {
    const pthread_t owner = thread_.load(std::memory_order_relaxed);
    return owner != pthread_t{} && owner != ::pthread_self();
  }
  void rearm();
  /// It asks nothing of the loop any more.
  void forget_in_loop() noexcept;
  void tell_of_end();
  void tell_of_return();
  void start_reconnecting();
  /// Whether anything came: bytes, or the end.
  bool receive(io::Wait wait);
  void log_in_further();
  void sort(message arrived);
  void enqueue(message arrived);
  [[nodiscard]] std::uint32_t next_serial() { return ++serial_ != 0 ? serial_ : ++serial_; }
  [[nodiscard]] result<void> send_as(std::uint32_t serial, const message& what, std::uint8_t flags);
  void say(std::string_view text);
  void set_receive_limit(Duration limit);

  Fd socket_;
  Surroundings& surroundings_;
  Limits limits_;
  Phase phase_ = Phase::logging_in;
  std::optional<error> reason_;

  std::unique_ptr<Login> login_;  // none when it has succeeded
  std::string guid_;
  std::string unique_name_;
  bool passes_fds_ = false;
  bool is_monitor_ = false;

  io::BlockPool pool_;
  io::SendQueue out_;
  Inbox in_;
  std::vector<Fd> fresh_fds_;
  std::deque<message> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  CallTable calls_;
  Signals signals_{*this};
  Objects objects_{*this};
  std::function<void(const message&)> call_handler_;
  std::shared_ptr<void> held_;
  std::vector<task<void>> handlers_;  // of calls that came in, under way
  std::uint32_t serial_ = 0;
  loop* loop_ = nullptr;
  std::optional<bool> watched_to_write_ = {};  // as the loop was told
  bool is_woken_ = false;                      // it knows of a deadline
  std::atomic<pthread_t> thread_{};            // in which the loop runs; none before it did
  std::unique_ptr<Reconnector> reconnector_;   // in the loop; none: what is lost is lost
  bool is_processing_ = false;
  bool was_kicked_inside_ = false;  // while processing
  bool is_asleep_ = false;          // in a blocking call
  bool is_over_ = false;            // everybody was told that it is closed
  bool is_back_ = false;            // open again, and nobody was told of that yet
  std::uint64_t life_ = 0;
  Duration receive_limit_{0};  // SO_RCVTIMEO as it is set
};

}  // namespace headway::client
