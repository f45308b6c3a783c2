// SPDX-License-Identifier: MIT
#include "client/core.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "base/result.h"
#include "client/message_data.h"
#include "client/reconnect.h"
#include "wire/body.h"
#include "wire/endian.h"

namespace headway::client {
namespace {

constexpr std::size_t serial_at = 8;
constexpr std::size_t flags_at = 2;
constexpr std::size_t shared_bytes_min = 32 * 1024;  // bodies from here on are not copied
constexpr std::size_t flush_bytes_max = 4 << 20;
constexpr std::size_t handle_bytes = 256;  // what a queued message takes besides its bytes

/// Reads say themselves whether they may sleep.
void set_blocking(int socket) {
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) != 0) ::fcntl(socket, F_SETFL, flags & ~O_NONBLOCK);
}

}  // namespace

/// A blocking call runs no code of its user's, not even if a test's world, in which it sleeps,
/// turns the loop. Afterwards the loop is told of everything again.
class Core::Asleep {
 public:
  explicit Asleep(Core& core) : core_(core), before_(std::exchange(core.is_asleep_, true)) {
    if (!before_) core_.forget_in_loop();
  }
  Asleep(const Asleep&) = delete;
  Asleep& operator=(const Asleep&) = delete;
  ~Asleep() {
    core_.is_asleep_ = before_;
    if (core_.loop_ == nullptr || before_) return;
    core_.settle();
    core_.kick();
  }

 private:
  Core& core_;
  bool before_;
};

Time Core::now() const {
  return loop_ != nullptr ? Time(loop_->now().time_since_epoch()) : surroundings_.now();
}

Core::Core(Fd socket, Surroundings& surroundings, const Limits& limits)
    : socket_(std::move(socket)), surroundings_(surroundings), limits_(limits) {
  set_blocking(socket_.get());
}

Core::~Core() {
  forget_in_loop();
  if (phase_ == Phase::open && !out_.empty()) {
    static_cast<void>(out_.flush(socket_.get(), flush_bytes_max));
  }
}

void Core::say(std::string_view text) { out_.push({.head = as_bytes(text)}, pool_); }

void Core::log_in(std::unique_ptr<Login> login) {
  login_ = std::move(login);
  std::string text;
  login_->start(text);
  if (!text.empty()) say(text);
}

void Core::skip_login() {
  phase_ = Phase::open;
  passes_fds_ = true;
}

bool Core::was_rejected() const {
  return login_ && login_->state() == Login::State::failed && login_->was_rejected();
}

void Core::log_in_further() {
  std::string text;
  in_.skip(login_->receive(in_.window(), text));
  if (!text.empty()) say(text);
  if (login_->state() == Login::State::failed) {
    static_cast<void>(out_.flush(socket_.get(), flush_bytes_max));  // a server's last word
    close(error_name::auth_failed, login_->what_happened());
  } else if (login_->state() == Login::State::begun) {
    phase_ = Phase::open;
    passes_fds_ = login_->fds_agreed();
    guid_ = login_->guid();
    login_.reset();
  } else if (in_.has_fds()) {
    close(error_name::auth_failed, "descriptors came before anybody had logged in");  // AUTH-009
  }
}

result<std::uint32_t> Core::send(const message& what, std::uint8_t flags) {
  const std::uint32_t serial = next_serial();
  TRY_VOID(send_as(serial, what, flags));
  return serial;
}

result<void> Core::send_as(std::uint32_t serial, const message& what, std::uint8_t flags) {
  if (phase_ == Phase::closed) return std::unexpected(reason());
  if (is_of_another_thread()) [[unlikely]] {
    return std::unexpected(
        error(error_name::failed,
              "a loop serves this connection in another thread: pass the work there"));
  }
  const auto fds = what.fds();
  if (!fds.empty()) [[unlikely]] {
    if (!passes_fds_) {
      return std::unexpected(
          error(error_name::not_supported, "this connection cannot pass descriptors"));
    }
    if (fds.size() > io::fds_per_send_max) {
      return std::unexpected(
          error(error_name::limits_exceeded, "no message can carry more than 253 descriptors"));
    }
  }

  const Bytes bytes = what.bytes();
  std::array<std::uint8_t, wire::prologue_bytes> prologue;
  std::memcpy(prologue.data(), bytes.data(), prologue.size());
  prologue[flags_at] |= flags;
  wire::store(prologue.data() + serial_at, serial, detail::message_data::of(what).view.order);

  io::Outgoing outgoing{.head = prologue, .body = bytes.subspan(wire::prologue_bytes)};
  outgoing.share_body = bytes.size() >= shared_bytes_min;
  if (outgoing.share_body || !fds.empty()) outgoing.owner = std::make_shared<message>(what);
  outgoing.fds = fds;
  out_.push(outgoing, pool_);
  return {};
}

result<void> Core::start(pending& call, const message& what, const CallTerms& terms) {
  if (what.type() != message_type::method_call) {
    return std::unexpected(error(error_name::invalid_args, "only a method call is answered"));
  }
  const std::uint32_t serial = TRY(send(what, terms.flags));
  calls_.add(call,
             {.serial = serial, .deadline = terms.deadline, .jumps_queue = terms.jumps_queue});
  return {};
}

result<std::uint32_t> Core::park(pending& call, const CallTerms& terms) {
  if (phase_ == Phase::closed) return std::unexpected(reason());
  const std::uint32_t serial = next_serial();
  calls_.add(call,
             {.serial = serial, .deadline = terms.deadline, .jumps_queue = terms.jumps_queue});
  return serial;
}

void Core::answer(std::uint32_t serial, std::string_view signature, detail::output content) {
  if (calls_.find(serial) == nullptr) return;
  sort(detail::make_message({.type = message_type::method_return, .reply_serial = serial},
                            signature, std::move(content)));
  kick();
}

void Core::fail(std::uint32_t serial, const error& why) {
  if (calls_.find(serial) == nullptr) return;
  detail::output content;
  wire::BodyWriter(content.body).string(why.text());
  sort(detail::make_message(
      {.type = message_type::error, .reply_serial = serial, .error_name = why.name()}, "s",
      std::move(content)));
  kick();
}

void Core::send_parked(std::uint32_t serial, const message& what, std::uint8_t flags) {
  if (calls_.find(serial) == nullptr) return;
  const auto sent = send_as(serial, what, flags);
  if (!sent) fail(serial, sent.error());
  kick();
}

void Core::flush() {
  if (phase_ == Phase::closed || out_.empty()) return;
  const auto flushed = out_.flush(socket_.get(), flush_bytes_max);
  if (flushed.dropped > 0) {
    close(error_name::limits_exceeded,
          "too many descriptors of this user are on their way: the kernel dropped a message");
  } else if (flushed.outcome == io::SendQueue::Flushed::Outcome::failed) {
    out_.discard();
    // What the other side said before it closed may say why.
    receive(io::Wait::no);
    close(error_name::disconnected, std::strerror(flushed.error));
  }
}

void Core::set_receive_limit(Duration limit) {
  if (limit == receive_limit_) return;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  const auto rest = std::chrono::ceil<std::chrono::microseconds>(limit - seconds);
  const timeval value{.tv_sec = seconds.count(), .tv_usec = std::min(rest.count(), 999'999L)};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value));
  receive_limit_ = limit;
}

void Core::turn(std::optional<Time> deadline, Time now) {
  flush();
  if (phase_ == Phase::closed) return;
  if (!surroundings_.may_sleep_in_read()) {
    const Asleep meanwhile(*this);
    surroundings_.wait(socket_.get(), !out_.empty(), deadline);
  } else if (deadline && *deadline <= now) {
    receive(io::Wait::no);
    return;
  } else {
    if (out_.empty()) {
      set_receive_limit(deadline ? *deadline - now : Duration(0));
      if (receive(io::Wait::yes)) return;
      // Some loops (asio's) make the sockets that they watch non-blocking.
    }
    surroundings_.wait(socket_.get(), !out_.empty(), deadline);
  }
  flush();
  receive(io::Wait::no);
}

bool Core::receive(io::Wait wait) {
  if (phase_ == Phase::closed) return false;
  const io::Receipt receipt = io::receive(socket_.get(), in_.room(), fresh_fds_, wait);
  switch (receipt.kind) {
    case io::Receipt::Kind::nothing:
      return false;
    case io::Receipt::Kind::end:
      close(error_name::disconnected, "the other side closed the connection");
      return true;
    case io::Receipt::Kind::failed:
      close(error_name::disconnected, std::strerror(receipt.error));
      return true;
    case io::Receipt::Kind::bytes:
      break;
  }
  if (receipt.fds_were_lost) {
    close(error_name::limits_exceeded,
          "descriptors came that this process has no room for (RLIMIT_NOFILE)");
    return true;
  }
  in_.arrived(receipt.bytes, fresh_fds_);
  if (phase_ == Phase::logging_in) log_in_further();
  while (phase_ == Phase::open) {
    auto next = in_.next();
    if (!next) close(error_name::inconsistent_message, next.error());
    if (!next || !*next) break;
    sort(std::move(*next));
  }
  return true;
}

result<message> Core::outcome(message reply) {
  if (reply.type() == message_type::error) return std::unexpected(reply.to_error());
  return reply;
}

void Core::sort(message arrived) {
  const wire::Message& view = detail::message_data::of(arrived).view;
  if (!view.is_reply()) {
    if (view.type == wire::MessageType::signal) signals_.arrived(arrived);
    return enqueue(std::move(arrived));
  }
  pending* const call = calls_.find(view.reply_serial);
  if (call != nullptr && CallTable::jumps_queue(*call)) {
    return calls_.complete(*call, outcome(std::move(arrived)));
  }
  if (call != nullptr) {
    queue_bytes_ += arrived.bytes().size() + handle_bytes;
    return queue_.push_back(std::move(arrived));
  }
  enqueue(std::move(arrived));
}

void Core::enqueue(message arrived) {
  const std::size_t bytes = arrived.bytes().size() + handle_bytes;
  if (queue_bytes_ + bytes <= limits_.incoming_bytes_max) {
    queue_bytes_ += bytes;
    return queue_.push_back(std::move(arrived));
  }
  ++dropped_;
  if (arrived.type() == message_type::signal) signals_.drop(arrived);
  if (is_monitor_ || !arrived.expects_reply() || !has_room()) return;
  const message refusal = message_builder::error_reply(arrived, error_name::limits_exceeded,
                                                       "too many messages wait in this process")
                              .build();
  send_or_drop(refusal);
}

message Core::take() {
  if (queue_.empty()) return {};
  message first = std::move(queue_.front());
  queue_.pop_front();
  queue_bytes_ -= first.bytes().size() + handle_bytes;
  return first;
}

void Core::close(std::string_view name, std::string_view text) {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  reason_.emplace(name, text);
  out_.discard();
  if (loop_ != nullptr) {
    forget_in_loop();
    loop_->post(*this);  // to tell everybody
  }
  socket_.reset();
  held_.reset();
}

void Core::come_back(std::unique_ptr<Reconnector> how) { reconnector_ = std::move(how); }

void Core::take_over(Core& fresh) {
  socket_ = std::move(fresh.socket_);
  in_.swap(fresh.in_);
  queue_ = std::move(fresh.queue_);
  queue_bytes_ = fresh.queue_bytes_;
  guid_ = fresh.guid_;
  unique_name_ = fresh.unique_name_;
  passes_fds_ = fresh.passes_fds_;
  receive_limit_ = fresh.receive_limit_;
  serial_ = std::max(serial_, fresh.serial_);
  fresh.close(error_name::disconnected, "another connection goes on with it");
  phase_ = Phase::open;
  reason_.reset();
  is_monitor_ = false;
  is_over_ = false;
  is_back_ = true;
  ++life_;
  loop_->post(*this);  // to tell everybody
}

void Core::end() {
  // Who was told that it comes back is told now that it does not.
  if (phase_ == Phase::closed && std::exchange(reconnector_, nullptr)) {
    is_over_ = false;
    if (loop_ != nullptr) loop_->post(*this);
  }
  reconnector_.reset();
  close(error_name::disconnected, "this side closed the connection");
}

}  // namespace headway::client
