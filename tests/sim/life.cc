// SPDX-License-Identifier: MIT
// What happens in a simulated world, by chance.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wire/body.h"
#include "world.h"

namespace headway::sim {
namespace {

constexpr std::array<std::string_view, 5> names{"org.example.a", "org.example.b", "org.example.c",
                                                "org.example.closed", "org.example.closed.x"};
constexpr std::array<std::string_view, 3> interfaces{"org.example.Plain", "org.example.Other",
                                                     "org.example.Secret"};
constexpr std::array<std::string_view, 4> paths{"/", "/a", "/a/b", "/a/bc"};
constexpr std::array<std::string_view, 5> texts{"", "org.example.a", "org.example.a.b", "/a/",
                                                "/a/b"};
constexpr std::array<std::string_view, 16> rules{
    "type='signal'",
    "",
    "interface='org.example.Plain'",
    "interface='org.example.Secret',member='Happened'",
    "sender='org.example.a'",
    "sender='org.freedesktop.DBus',member='NameOwnerChanged'",
    "member='NameOwnerChanged',arg0='org.example.a'",
    "member='NameOwnerChanged',arg0namespace='org.example'",
    "path='/a'",
    "path_namespace='/a'",
    "arg0='/a/'",
    "arg0path='/a/'",
    "arg0path='/a/b',path_namespace='/a'",
    "type='method_call'",
    "type='nonsense'",
    "sender=':1.2'",
};
constexpr std::array<std::uint32_t, 5> uids{0, 1000, 1000, 1001, 1002};

}  // namespace

void World::step() {
  const std::size_t dice = random_.below(100);
  if (dice < 6) return connect();
  if (dice < 10) return advance_clock();
  if (peers_.empty()) return connect();

  const PeerNumber number = random_.below(peers_.size());
  Peer& peer = peers_[number];
  if (!peer.connected) return;
  if (dice < 30) return read_some(number);
  if (dice < 32) {
    peer.reads = !peer.reads;
    return;
  }
  if (dice < 33) return close(number, broker::Disconnect::closed_by_peer);
  if (peer.paused) return;
  if (!peer.authenticated) return authenticate(number);
  if (!peer.said_hello && !random_.one_in(8)) return hello(number);
  if (random_.one_in(200)) return send_garbage(number);
  act(number);
}

void World::act(PeerNumber number) {
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2:
      return ask_bus(number);
    case 3:
    case 4:
      return call_somebody(number);
    case 5:
      return answer(number);
    case 6:
      return random_.one_in(5) ? answer_unasked(number) : answer(number);
    default:
      return emit(number);
  }
}

void World::connect() {
  if (accepting_paused_) return;
  const std::uint32_t uid = random_.pick<std::uint32_t>(uids);
  begin(fmt::format("{} connects as uid {}", peers_.size(), uid));
  broker::Credentials credentials;
  credentials.uid = uid;
  Peer peer;
  peer.uid = uid;
  peer.id = broker_.connected(credentials);
  numbers_[peer.id] = peers_.size();
  peers_.push_back(std::move(peer));
  (void)model_.connect(uid, now_ms_);
  check({});
}

void World::authenticate(PeerNumber number) {
  begin(fmt::format("{} authenticates", number));
  peers_[number].authenticated = true;
  broker_.authenticated(peers_[number].id, {peers_[number].uid, true});
  check(model_.authenticate(number));
}

void World::hello(PeerNumber number) {
  peers_[number].said_hello = true;
  call_bus(number, "Hello", "", {});
}

void World::ask_bus(PeerNumber number) {
  const auto name = std::string(random_.pick<std::string_view>(names));
  switch (random_.below(12)) {
    case 0:
    case 1:
    case 2:
      return call_bus(number, "RequestName", "su", {name},
                      static_cast<std::uint32_t>(random_.below(8)));
    case 3:
      return call_bus(number, "ReleaseName", "s", {name});
    case 4:
    case 5:
    case 6:
      return call_bus(number, "AddMatch", "s",
                      {std::string(random_.pick<std::string_view>(rules))});
    case 7:
      return call_bus(number, "RemoveMatch", "s",
                      {std::string(random_.pick<std::string_view>(rules))});
    case 8:
      return call_bus(number, "GetNameOwner", "s", {somebody()});
    case 9:
      return call_bus(number, "ListQueuedOwners", "s", {name});
    case 10:
      return call_bus(number, "ReloadConfig", "", {});
    default:
      if (random_.one_in(8)) return call_bus(number, "BecomeMonitor", "asu", {});
      return call_bus(number, "NoSuchMethod", "", {});
  }
}

void World::call_bus(PeerNumber number, std::string_view member, std::string_view signature,
                     const std::vector<std::string>& strings, std::uint32_t flags) {
  wire::HeaderFields fields{.type = wire::MessageType::method_call};
  fields.destination = "org.freedesktop.DBus";
  fields.path = "/org/freedesktop/DBus";
  fields.interface =
      member == "BecomeMonitor" ? "org.freedesktop.DBus.Monitoring" : "org.freedesktop.DBus";
  if (member != "BecomeMonitor" && random_.one_in(20)) fields.interface = {};
  if (member != "Hello" && random_.one_in(10)) fields.flags = wire::no_reply_expected;
  fields.member = member;
  fields.signature = signature;
  fields.serial = ++peers_[number].serial;

  std::vector<std::uint8_t> body;
  wire::BodyWriter writer(body);
  if (signature == "asu") writer.close_array(writer.open_array('s'));
  for (const std::string& text : strings) writer.string(text);
  if (signature.ends_with('u')) writer.uint32(flags);
  std::vector<std::uint8_t> bytes;
  wire::build_message(fields, body, bytes);
  begin(fmt::format("{} asks the bus: {} {} {}", number, member, fmt::join(strings, " "), flags));
  receive(number, bytes);
}

std::string World::somebody() {
  if (random_.one_in(2)) return std::string(random_.pick<std::string_view>(names));
  return fmt::format(":1.{}", random_.below(peers_.size() + 1));
}

void World::call_somebody(PeerNumber number) {
  const std::string destination = somebody();
  wire::HeaderFields fields{.type = wire::MessageType::method_call};
  fields.destination = destination;
  fields.path = random_.pick<std::string_view>(paths);
  if (!random_.one_in(10)) fields.interface = random_.pick<std::string_view>(interfaces);
  fields.member = "Do";
  if (random_.one_in(4)) fields.flags |= wire::no_reply_expected;
  if (random_.one_in(4)) fields.flags |= wire::no_auto_start;
  Peer& peer = peers_[number];
  fields.serial = random_.one_in(10) && peer.serial > 0 ? peer.serial : ++peer.serial;
  send(number, fields, std::string(random_.below(600), 'x'));
}

void World::answer(PeerNumber number) {
  std::vector<Asked>& asked = peers_[number].to_answer;
  if (asked.empty()) return call_somebody(number);
  const std::size_t at = random_.below(asked.size());
  const Asked call = asked[at];
  if (!random_.one_in(6)) asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(at));

  wire::HeaderFields fields{.type = wire::MessageType::method_return};
  if (random_.one_in(4)) {
    fields.type = wire::MessageType::error;
    fields.error_name = "org.example.Error.No";
  }
  fields.destination = call.caller;
  fields.reply_serial = call.serial;
  fields.serial = ++peers_[number].serial;
  send(number, fields, "answer");
}

void World::answer_unasked(PeerNumber number) {
  const std::string destination = somebody();
  wire::HeaderFields fields{.type = wire::MessageType::method_return};
  fields.destination = destination;
  fields.reply_serial = static_cast<std::uint32_t>(1 + random_.below(30));
  fields.serial = ++peers_[number].serial;
  send(number, fields, "nobody asked");
}

void World::emit(PeerNumber number) {
  const std::string destination = somebody();
  wire::HeaderFields fields{.type = wire::MessageType::signal};
  if (random_.one_in(4)) fields.destination = destination;
  fields.path = random_.pick<std::string_view>(paths);
  fields.interface = random_.pick<std::string_view>(interfaces);
  fields.member = "Happened";
  fields.serial = ++peers_[number].serial;
  send(number, fields, random_.pick<std::string_view>(texts));
}

void World::send(PeerNumber number, wire::HeaderFields fields, std::string_view text) {
  if (random_.one_in(10)) fields.sender = ":1.0";  // a lie, to be overwritten (BUS-008)
  fields.order = random_.one_in(4) ? wire::ByteOrder::big : wire::ByteOrder::little;
  fields.signature = "s";
  std::vector<std::uint8_t> body;
  wire::BodyWriter(body, fields.order).string(text);
  std::vector<std::uint8_t> bytes;
  wire::build_message(fields, body, bytes);
  begin(fmt::format("{} sends type {} to '{}' ({}) serial {} re {} flags {}", number,
                    static_cast<int>(fields.type), fields.destination, fields.interface,
                    fields.serial, fields.reply_serial, fields.flags));
  receive(number, bytes);
}

void World::receive(PeerNumber number, const std::vector<std::uint8_t>& bytes) {
  const auto message = wire::parse_message(bytes);
  broker_.received(peers_[number].id, *message, nullptr);
  model_.go_in_order_of(disconnected_);
  check(model_.receive(number, *message));
}

void World::send_garbage(PeerNumber number) {
  wire::HeaderFields fields{.type = wire::MessageType::signal};
  fields.path = "/a";
  fields.interface = "org.example.Plain";
  fields.member = "Happened";
  fields.serial = 1;
  std::vector<std::uint8_t> bytes;
  wire::build_message(fields, {}, bytes);
  bytes[random_.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + random_.below(255));
  // What is still a message is none of this event's business.
  if (!wire::parse_message(bytes)) close(number, broker::Disconnect::malformed_message);
}

void World::close(PeerNumber number, broker::Disconnect reason) {
  begin(fmt::format("{} ends: {}", number, broker::describe(reason)));
  Peer& peer = peers_[number];
  peer.connected = false;
  peer.queue.clear();
  peer.queued_bytes = 0;
  broker_.closed(peer.id, reason);
  model_.go_in_order_of(disconnected_);
  check(model_.close(number));
}

void World::read_some(PeerNumber number) {
  Peer& peer = peers_[number];
  if (!peer.reads || peer.queued_bytes == 0) return;
  // Often all of it; else any number of bytes, also in the middle of a message.
  const std::size_t bytes =
      random_.one_in(3) ? 1 + random_.below(peer.queued_bytes) : peer.queued_bytes;
  begin(fmt::format("{} reads {} bytes", number, bytes));
  std::size_t left = bytes;
  while (left > 0) {
    Waiting& front = peer.queue.front();
    const std::size_t part = std::min(left, front.bytes);
    front.bytes -= part;
    left -= part;
    if (front.bytes == 0) peer.queue.pop_front();
  }
  peer.queued_bytes -= bytes;
  broker_.flushed(peer.id, bytes, 0);
  check({});
}

void World::advance_clock() {
  now_ms_ += random_.below(4000);
  begin(fmt::format("it is {} ms", now_ms_));
  broker_.advance(Time(std::chrono::milliseconds(now_ms_)));
  model_.go_in_order_of(disconnected_);
  check(model_.advance(now_ms_));
}

void World::reload() {
  reload_wanted_ = false;
  law_ = random_.one_in(2) ? Law::open : Law::strict;
  begin(law_ == Law::open ? "the open law comes into effect" : "the strict law comes into effect");
  broker_.replace_config({rules_of(law_), limits_, false});
  model_.go_in_order_of(disconnected_);
  check(model_.reload(law_));
}

void World::everybody_leaves() {
  for (PeerNumber number = 0; number < peers_.size() && !failure_; ++number) {
    if (peers_[number].connected) close(number, broker::Disconnect::closed_by_peer);
  }
  if (failure_) return;
  const broker::Totals totals = broker_.totals();
  if (totals != broker::Totals{}) fail("the bus still holds something when everybody is gone");
}

std::optional<PeerNumber> World::any(bool Peer::* condition) {
  for (std::size_t tries = 0; tries < 8; ++tries) {
    const PeerNumber number = random_.below(peers_.size());
    if (peers_[number].connected && peers_[number].*condition) return number;
  }
  return std::nullopt;
}

}  // namespace headway::sim
