// SPDX-License-Identifier: MIT
#include "testing/hub.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "client/inbox.h"
#include "client/message_data.h"
#include "io/receive.h"
#include "io/send_queue.h"
#include "testing/message_text.h"
#include "wire/auth_server.h"
#include "wire/body.h"
#include "wire/build.h"

namespace headway::testing {

using broker::Disconnect;

namespace {

constexpr std::size_t flush_bytes_max = 4 << 20;
constexpr std::size_t log_entries_max = 1024;
constexpr std::size_t open_calls_max = 65536;
constexpr std::string_view bus_name = "org.freedesktop.DBus";

const wire::Message& view_of(const message& what) { return detail::message_data::of(what).view; }

std::vector<std::uint8_t> bytes_of(const broker::Frame& frame) {
  std::vector<std::uint8_t> bytes(frame.head.begin(), frame.head.end());
  bytes.insert(bytes.end(), frame.body.begin(), frame.body.end());
  return bytes;
}

message error_message(const error& failure, std::uint32_t serial, std::uint32_t reply_serial,
                      std::string_view destination) {
  std::vector<std::uint8_t> body;
  wire::BodyWriter(body).string(failure.text());
  std::vector<std::uint8_t> bytes;
  wire::build_message({.type = wire::MessageType::error,
                       .flags = no_reply_expected,
                       .serial = serial,
                       .reply_serial = reply_serial,
                       .error_name = failure.name(),
                       .destination = destination,
                       .signature = "s"},
                      body, bytes);
  return *message::parse(bytes);
}

}  // namespace

struct Hub::Peer {
  Peer(Fd its_socket, broker::PeerId its_id, std::optional<std::uint32_t> its_uid)
      : socket(std::move(its_socket)), id(its_id), uid(its_uid) {}

  Fd socket;
  broker::PeerId id;
  std::optional<std::uint32_t> uid;
  // Who it is to the broker the test says; the way in is that of this process.
  wire::AuthServer auth{{.guid = std::string(bus_id),
                         .fds_possible = true,
                         .peer_uid = ::geteuid(),
                         .own_uid = ::geteuid()}};
  client::Inbox in;
  std::vector<Fd> fresh_fds;
  io::SendQueue out;
  std::size_t login_bytes = 0;  // in `out`, of which the broker knows nothing
  bool is_paused = false;       // by the broker
  bool reads = true;
  bool is_monitor = false;

  std::string name;
  std::shared_ptr<recording> tape;  // none: nobody wants it
  Time tape_begin{};
  std::deque<Transit> under_way;
  std::vector<Transit> overtaken;                         // by what was sent later
  std::optional<std::pair<Disconnect, std::string>> end;  // behind what is under way
};

/// Keeps a message with its descriptors for as long as anybody has it in a queue.
class Hub::Letter final : public broker::Payload {
 public:
  explicit Letter(message what) : what_(std::move(what)) {}
  [[nodiscard]] std::span<const Fd> fds() const { return what_.fds(); }

 private:
  message what_;
};

Hub::Hub(Settings settings)
    : settings_(std::move(settings.settings)),
      broker_(std::move(settings.facts), settings_, *this) {}

Hub::~Hub() = default;

broker::PeerId Hub::connect(Fd socket, broker::Credentials credentials, Time now) {
  broker_.advance(now);
  const auto uid = credentials.uid;
  const broker::PeerId id = broker_.connected(std::move(credentials));
  peers_.push_back(std::make_unique<Peer>(std::move(socket), id, uid));
  return id;
}

Hub::Peer* Hub::find(broker::PeerId id) const {
  const auto found = std::ranges::find(peers_, id, [](const auto& peer) { return peer->id; });
  return found != peers_.end() ? found->get() : nullptr;
}

std::optional<Time> Hub::next_deadline() const {
  auto next = broker_.next_deadline();
  for (const auto& peer : peers_) {
    if (!peer->socket || peer->is_paused) continue;
    if (!peer->under_way.empty()) next = earlier(next, peer->under_way.front().due);
    for (const Transit& transit : peer->overtaken) next = earlier(next, transit.due);
  }
  return next;
}

bool Hub::turn(Time now) {
  now_ = now;
  broker_.advance(now);
  bool moved = false;
  for (const std::size_t number : faults_.turn_order(peers_.size())) {
    Peer& peer = *peers_[number];
    moved |= read(peer);
    moved |= forward(peer);
  }
  answer_questions();
  for (const auto& peer : peers_) moved |= flush(*peer);
  moved |= std::erase_if(peers_, [](const auto& peer) { return !peer->socket; }) > 0;
  return moved || !starts_.empty();
}

bool Hub::read(Peer& peer) {
  if (!peer.socket || peer.is_paused || peer.end) return false;
  const io::Receipt receipt = io::receive(peer.socket.get(), peer.in.room(), peer.fresh_fds);
  switch (receipt.kind) {
    case io::Receipt::Kind::nothing:
      return false;
    case io::Receipt::Kind::end:
      peer.end.emplace(Disconnect::closed_by_peer, "");
      return true;
    case io::Receipt::Kind::failed:
      peer.end.emplace(Disconnect::transport_error, std::strerror(receipt.error));
      return true;
    case io::Receipt::Kind::bytes:
      break;
  }
  peer.in.arrived(receipt.bytes, peer.fresh_fds);
  if (peer.auth.state() == wire::AuthServer::State::reading) log_in(peer);
  if (peer.auth.state() == wire::AuthServer::State::begun) serve(peer);
  return true;
}

void Hub::log_in(Peer& peer) {
  std::string output;
  peer.in.skip(peer.auth.receive(peer.in.window(), output));
  peer.out.push({.head = as_bytes(output), .body = {}}, pool_);
  peer.login_bytes += output.size();
  if (peer.auth.state() == wire::AuthServer::State::refused) {
    return close(peer, Disconnect::authentication_failed, wire::to_string(peer.auth.refusal()));
  }
  if (peer.auth.state() != wire::AuthServer::State::begun) return;
  const auto& identity = peer.auth.identity();
  broker_.authenticated(peer.id, {.uid = peer.uid, .fds_agreed = identity.fds_agreed});
}

void Hub::serve(Peer& peer) {
  const broker::Limits& limits = settings_.limits;
  while (peer.socket) {
    auto next = peer.in.next();
    if (!next) return close(peer, Disconnect::malformed_message, next.error());
    if (!*next) return;
    if (next->bytes().size() > limits.max_message_size) {
      return close(peer, Disconnect::malformed_message, "sent a message above max_message_size");
    }
    if (next->fds().size() > limits.max_message_unix_fds) {
      return close(peer, Disconnect::too_many_fds, "sent more than max_message_unix_fds");
    }
    take_in(peer, std::move(*next));
  }
}

std::shared_ptr<const recording> Hub::record(broker::PeerId id) {
  Peer* const peer = find(id);
  if (peer == nullptr) throw std::invalid_argument("that connection has ended");
  peer->tape = std::make_shared<recording>();
  peer->tape_begin = now_;
  return peer->tape;
}

void Hub::take_in(Peer& peer, message what) {
  const wire::Message& view = view_of(what);
  if (peer.tape) peer.tape->add(without_fds(view, peer.name), now_ - peer.tape_begin);
  if (view.is_reply()) {
    passing reply{.what = what, .sender = peer.name, .call = call_of(what)};
    return put_under_way(peer, std::move(what), faults_.judge(reply));
  }
  if (view.type == wire::MessageType::method_call && view.expects_reply()) {
    if (open_calls_.size() >= open_calls_max) open_calls_.erase(open_calls_.begin());
    open_calls_.insert_or_assign({peer.name, view.serial}, what);
  }
  put_under_way(peer, what, faults_.judge({.what = what, .sender = peer.name, .call = {}}));
}

/// The call that it answers, if it went by here.
message Hub::call_of(const message& reply) {
  const auto found = open_calls_.find({std::string(reply.destination()), reply.reply_serial()});
  if (found == open_calls_.end()) return {};
  message call = std::move(found->second);
  open_calls_.erase(found);
  return call;
}

void Hub::put_under_way(Peer& peer, message what, Verdict verdict) {
  Transit transit{.due = now_ + verdict.delay, .what = std::move(what), .verdict = {}};
  const bool may_be_overtaken = verdict.may_be_overtaken;
  transit.verdict = std::move(verdict);
  if (may_be_overtaken) return peer.overtaken.push_back(std::move(transit));
  if (!peer.under_way.empty()) transit.due = std::max(transit.due, peer.under_way.back().due);
  peer.under_way.push_back(std::move(transit));
}

/// Gives the broker what is due.
bool Hub::forward(Peer& peer) {
  const auto may = [&] { return peer.socket && !peer.is_paused; };
  bool moved = false;
  while (may() && !peer.under_way.empty() && peer.under_way.front().due <= now_) {
    const Transit next = std::move(peer.under_way.front());
    peer.under_way.pop_front();
    hand_over(peer, next);
    moved = true;
  }
  for (std::size_t i = 0; may() && i < peer.overtaken.size();) {
    if (peer.overtaken[i].due > now_) {
      ++i;
      continue;
    }
    const Transit late = std::move(peer.overtaken[i]);
    peer.overtaken.erase(peer.overtaken.begin() + static_cast<std::ptrdiff_t>(i));
    hand_over(peer, late);
    moved = true;
  }
  if (may() && peer.end && peer.under_way.empty() && peer.overtaken.empty()) {
    close(peer, peer.end->first, peer.end->second);
  }
  return moved;
}

void Hub::hand_over(Peer& peer, const Transit& transit) {
  const Verdict& verdict = transit.verdict;
  if (verdict.kill_sender) return close(peer, Disconnect::closed_by_peer, {});
  if (verdict.drop) return;
  message what = transit.what;
  const bool is_call = what.type() == message_type::method_call;
  if (verdict.failure && !is_call && view_of(what).is_reply()) {
    what = error_message(*verdict.failure, what.serial(), what.reply_serial(), what.destination());
  }
  if (what.destination() == bus_name && what.member() == "BecomeMonitor") peer.is_monitor = true;

  const auto letter = std::make_shared<Letter>(what);
  current_ = letter.get();
  is_diverted_ = verdict.failure && is_call;
  receivers_.clear();
  for (int copies = verdict.duplicate ? 2 : 1; copies > 0 && peer.socket; --copies) {
    broker_.received(peer.id, view_of(what), letter);
  }
  current_ = nullptr;
  if (std::exchange(is_diverted_, false)) answer_with(peer, *verdict.failure, what);
  if (!verdict.kill_receiver) return;
  for (const Receiver& receiver : std::exchange(receivers_, {})) disconnect(receiver.id);
}

/// In the name of who would have got the call.
void Hub::answer_with(const Peer& caller, const error& failure, const message& call) {
  for (const Receiver& receiver : receivers_) {
    broker_.flushed(receiver.id, receiver.bytes, receiver.fds);
  }
  if (receivers_.empty()) return;  // the bus has said why
  Peer* const peer = find(receivers_.front().id);
  const message answer = error_message(failure, ~std::uint32_t{0}, call.serial(), caller.name);
  if (peer != nullptr) broker_.received(peer->id, view_of(answer), nullptr);
}

bool Hub::flush(Peer& peer) {
  if (!peer.socket || !peer.reads || peer.out.empty()) return false;
  const auto flushed = peer.out.flush(peer.socket.get(), flush_bytes_max);
  const std::size_t of_login = std::min(flushed.bytes, peer.login_bytes);
  peer.login_bytes -= of_login;
  broker_.flushed(peer.id, flushed.bytes - of_login, flushed.fds);
  if (flushed.outcome == io::SendQueue::Flushed::Outcome::failed) {
    close(peer, Disconnect::transport_error, std::strerror(flushed.error));
  }
  return flushed.bytes > 0;
}

void Hub::close(Peer& peer, Disconnect reason, std::string_view detail) {
  peer.out.discard();
  peer.socket.reset();
  broker_.closed(peer.id, reason, detail);
}

void Hub::disconnect(broker::PeerId id) {
  Peer* const peer = find(id);
  if (peer != nullptr && peer->socket) close(*peer, Disconnect::closed_by_peer, {});
}

void Hub::set_reading(broker::PeerId id, bool reads) {
  Peer* const peer = find(id);
  if (peer != nullptr) peer->reads = reads;
}

void Hub::answer_questions() {
  for (const std::string& name : std::exchange(questions_, {})) {
    std::optional<broker::Service> service;
    if (services_.contains(name)) service.emplace().name = name;
    broker_.service_found(name, std::move(service));
  }
  if (std::exchange(reload_asked_, false)) broker_.replace_config(settings_);
}

void Hub::note(Peer& peer, const broker::Frame& frame) {
  const auto bytes = bytes_of(frame);
  const auto view = wire::parse_message(bytes);
  if (!view) return;
  // The first message to a peer is the answer to Hello.
  if (peer.name.empty()) peer.name = view->destination;
  if (peer.tape) peer.tape->add(without_fds(*view), now_ - peer.tape_begin);
}

void Hub::deliver(broker::PeerId to, const broker::Frame& frame) {
  Peer* const peer = find(to);
  if (peer->name.empty() || peer->tape) note(*peer, frame);
  if (current_ != nullptr && frame.payload.get() == current_ && !peer->is_monitor) {
    receivers_.push_back({.id = to, .bytes = frame.bytes(), .fds = frame.fds});
    if (is_diverted_) return;
  }
  io::Outgoing outgoing{.head = frame.head, .body = frame.body};
  if (frame.fds > 0) {
    outgoing.fds = static_cast<const Letter&>(*frame.payload).fds();
    outgoing.owner = frame.payload;
  }
  peer->out.push(outgoing, pool_);
}

void Hub::disconnect(broker::PeerId id, Disconnect) {
  Peer* const peer = find(id);
  peer->out.discard();
  peer->socket.reset();
}

void Hub::pause_reading(broker::PeerId id, bool paused) { find(id)->is_paused = paused; }

void Hub::log(const broker::LogEntry& entry) {
  if (log_.size() < log_entries_max) log_.push_back(entry.text);
}

}  // namespace headway::testing
