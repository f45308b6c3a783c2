// SPDX-License-Identifier: MIT
#include "model.h"

#include <fmt/format.h>

#include <algorithm>

#include "summary.h"
#include "wire/body.h"
#include "wire/build.h"
#include "wire/names.h"

namespace headway::sim {
namespace {

constexpr std::string_view bus = "org.freedesktop.DBus";
constexpr std::string_view error_prefix = "org.freedesktop.DBus.Error.";

}  // namespace

broker::PolicyRules rules_of(Law law) {
  using broker::PolicyRule;
  broker::PolicySection section;
  const auto add = [&](PolicyRule::Kind kind, bool allow) -> PolicyRule& {
    PolicyRule& rule = section.rules.emplace_back();
    rule.kind = kind;
    rule.allow = allow;
    rule.source = {0, static_cast<std::uint32_t>(section.rules.size())};
    return rule;
  };
  add(PolicyRule::Kind::connect, true);
  add(PolicyRule::Kind::own, true);
  add(PolicyRule::Kind::send, true);
  add(PolicyRule::Kind::receive, true);
  if (law == Law::strict) {
    add(PolicyRule::Kind::send, false).interface = "org.example.Secret";
    PolicyRule& own = add(PolicyRule::Kind::own, false);
    own.own = PolicyRule::Own::prefix;
    own.name = "org.example.closed";
  }
  return {{"world.conf"}, {section}};
}

PeerNumber Model::connect(std::uint32_t uid, std::uint64_t now_ms) {
  Peer& peer = peers_.emplace_back();
  peer.uid = uid;
  peer.login_deadline_ms = now_ms + static_cast<std::uint64_t>(limits_.auth_timeout.count());
  return peers_.size() - 1;
}

Model::Expected Model::authenticate(PeerNumber peer) {
  peers_[peer].state = State::silent;
  return take();
}

Model::Expected Model::receive(PeerNumber sender, const wire::Message& message) {
  Peer& peer = peers_[sender];
  const bool is_addressed = message.destination.data() != nullptr;
  const bool is_call = message.type == wire::MessageType::method_call;
  if (peer.state == State::monitor || (peer.state == State::silent && message.destination != bus)) {
    expected_.disconnected.push_back(sender);
    leave(sender);
  } else if (message.destination == bus) {
    serve(sender, message);
  } else if (is_addressed) {
    unicast(sender, message);
  } else if (message.type == wire::MessageType::signal) {
    const std::string summary = stamped(sender, message);
    show(summary);
    broadcast(sender, summary, message);
  } else if (is_call) {
    refuse(sender, message, "UnknownMethod");
  }
  end_doomed();
  return take();
}

Model::Expected Model::close(PeerNumber peer) {
  leave(peer);
  end_doomed();
  return take();
}

Model::Expected Model::advance(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  std::vector<std::pair<std::uint64_t, PeerNumber>> late;
  for (PeerNumber number = 0; number < peers_.size(); ++number) {
    const Peer& peer = peers_[number];
    if ((peer.state == State::authenticating || peer.state == State::silent) &&
        peer.login_deadline_ms <= now_ms) {
      late.emplace_back(peer.login_deadline_ms, number);
    }
  }
  for (const auto& [deadline, number] : late) {
    expected_.disconnected.push_back(number);
    leave(number);
  }

  // In the order of their deadlines, which is that of asking: the timeout is the same for all.
  const auto is_due = [&](const OpenCall& call) { return call.deadline_ms <= now_ms; };
  std::vector<OpenCall> due;
  std::ranges::copy_if(calls_, std::back_inserter(due), is_due);
  std::erase_if(calls_, is_due);
  for (const OpenCall& call : due) {
    wire::Message cause;
    cause.serial = call.serial;
    refuse(call.caller, cause, "NoReply");
  }
  end_doomed();
  return take();
}

Model::Expected Model::reload(Law law) {
  law_ = law;
  wire::HeaderFields fields{.type = wire::MessageType::signal, .serial = 1};
  fields.path = "/org/freedesktop/DBus";
  fields.interface = bus;
  fields.member = "ActivatableServicesChanged";
  fields.sender = bus;
  std::vector<std::uint8_t> bytes;
  wire::build_message(fields, {}, bytes);
  const auto message = *wire::parse_message(bytes);
  show(summarize(message));
  broadcast(std::nullopt, summarize(message), message);

  for (const auto& [caller, serial] : std::exchange(reload_callers_, {})) {
    if (is_gone(caller)) continue;
    wire::Message call;
    call.serial = serial;
    reply(caller, call, "");
  }
  end_doomed();
  return take();
}

std::size_t Model::incomplete() const {
  return static_cast<std::size_t>(std::ranges::count_if(peers_, [](const Peer& peer) {
    return peer.state == State::authenticating || peer.state == State::silent;
  }));
}

void Model::unicast(PeerNumber sender, const wire::Message& message) {
  const std::string summary = stamped(sender, message);
  show(summary);
  const auto receiver = resolve(message.destination);
  if (!receiver) {
    return refuse(sender, message,
                  message.has(wire::no_auto_start) ? "NameHasNoOwner" : "ServiceUnknown");
  }

  const auto answered = std::ranges::find_if(calls_, [&](const OpenCall& call) {
    return call.caller == *receiver && call.callee == sender && call.serial == message.reply_serial;
  });
  if (message.is_reply() && answered == calls_.end()) {
    return refuse(sender, message, "AccessDenied");
  }
  if (!law_allows(message)) return refuse(sender, message, "AccessDenied");
  if (queue_is_full(*receiver)) return refuse(sender, message, "LimitsExceeded");
  if (message.expects_reply()) {
    const auto asked = std::ranges::count(calls_, sender, &OpenCall::caller);
    if (asked >= limits_.max_replies_per_connection) {
      return refuse(sender, message, "LimitsExceeded");
    }
    const bool repeats = std::ranges::any_of(calls_, [&](const OpenCall& call) {
      return call.caller == sender && call.callee == *receiver && call.serial == message.serial;
    });
    if (repeats) return refuse(sender, message, "AccessDenied");
    const auto timeout = limits_.reply_timeout;
    calls_.push_back({sender, *receiver, message.serial,
                      timeout ? now_ms_ + static_cast<std::uint64_t>(timeout->count()) : ~0ull});
  }
  if (message.is_reply()) calls_.erase(answered);
  send(*receiver, summary);
}

void Model::broadcast(std::optional<PeerNumber> sender, const std::string& summary,
                      const wire::Message& message) {
  for (PeerNumber number = 0; number < peers_.size(); ++number) {
    Peer& peer = peers_[number];
    if (peer.state != State::active || peer.doomed) continue;
    const bool wants = std::ranges::any_of(
        peer.rules, [&](const wire::MatchRule& rule) { return matches(rule, sender, message); });
    if (!wants) continue;
    if (sender && !law_allows(message)) {
      show(fmt::format("type3 {}>{} serial0 re{} {}AccessDenied", bus, name_of(*sender),
                       message.serial, error_prefix));
      continue;
    }
    if (queue_is_full(number)) {
      peer.doomed = true;
      doomed_.push_back(number);
      continue;
    }
    send(number, summary);
  }
}

void Model::send(PeerNumber to, const std::string& summary) {
  expected_.messages.emplace_back(to, summary);
}

void Model::show(const std::string& summary) {
  for (PeerNumber number = 0; number < peers_.size(); ++number) {
    Peer& peer = peers_[number];
    if (peer.state != State::monitor) continue;
    if (queue_is_full(number)) {
      if (!peer.doomed) doomed_.push_back(number);
      peer.doomed = true;
      continue;
    }
    send(number, summary);
  }
}

void Model::say(PeerNumber to, const std::string& summary) {
  show(summary);
  Peer& peer = peers_[to];
  if ((peer.state != State::active && peer.state != State::silent) || peer.doomed) return;
  if (queue_is_full(to)) {
    peer.doomed = true;
    doomed_.push_back(to);
    return;
  }
  send(to, summary);
}

void Model::reply(PeerNumber to, const wire::Message& call, const std::string& arguments) {
  if (!call.expects_reply()) return;
  say(to, fmt::format("type2 {}>{} serial0 re{}{}", bus, name_of(to), call.serial, arguments));
}

void Model::refuse(PeerNumber to, const wire::Message& cause, const std::string& error) {
  if (cause.type == wire::MessageType::method_call && !cause.expects_reply()) return;
  const std::string& name = name_of(to);
  say(to, fmt::format("type3 {}>{} serial0 re{} {}{}", bus, name.empty() ? ":not.active.yet" : name,
                      cause.serial, error_prefix, error));
}

void Model::signal(PeerNumber to, const std::string& member, const std::string& name) {
  say(to, fmt::format("type4 {}>{} serial0 re0 {}.{} '{}'", bus, name_of(to), bus, member, name));
}

std::string Model::stamped(PeerNumber sender, const wire::Message& message) const {
  wire::Message copy = message;
  copy.sender = name_of(sender).empty() ? std::string_view(":not.active.yet") : name_of(sender);
  return summarize(copy);
}

void Model::leave(PeerNumber number) {
  Peer& peer = peers_[number];
  const bool had_name = peer.state == State::active;
  peer.state = State::gone;
  if (had_name) strip(number, /*unique_first=*/false);
}

void Model::strip(PeerNumber number, bool unique_first) {
  Peer& peer = peers_[number];
  peer.rules.clear();
  if (unique_first) announce(peer.name, number, std::nullopt);
  while (!peer.names.empty()) {
    release(number, unique_first ? peer.names.front() : peer.names.back());
  }
  if (!unique_first) announce(peer.name, number, std::nullopt);
  for (Peer& other : peers_) {
    std::erase_if(other.rules, [&](const wire::MatchRule& rule) {
      return rule.sender == peer.name || rule.destination == peer.name;
    });
  }

  std::erase_if(calls_, [&](const OpenCall& call) { return call.caller == number; });
  std::vector<OpenCall> owed;
  const auto is_owed = [&](const OpenCall& call) { return call.callee == number; };
  std::ranges::copy_if(calls_, std::back_inserter(owed), is_owed);
  std::erase_if(calls_, is_owed);
  for (const OpenCall& call : owed) {
    wire::Message cause;
    cause.serial = call.serial;
    refuse(call.caller, cause, "NoReply");
  }
}

bool Model::queue_is_full(PeerNumber peer) const {
  const auto sent =
      std::ranges::count(expected_.messages, peer, [](const auto& m) { return m.first; });
  return queue_query_(peer, static_cast<std::size_t>(sent));
}

PeerNumber Model::take_doomed() {
  auto next = doomed_.begin();
  for (const PeerNumber number : order_) {
    const auto found = std::ranges::find(doomed_, number);
    if (found == doomed_.end()) continue;
    next = found;
    break;
  }
  const PeerNumber number = *next;
  doomed_.erase(next);
  return number;
}

void Model::end_doomed() {
  while (!doomed_.empty()) {
    const PeerNumber number = take_doomed();
    if (is_gone(number)) continue;
    expected_.disconnected.push_back(number);
    leave(number);
  }
}

std::optional<PeerNumber> Model::resolve(std::string_view destination) const {
  const auto name = names_.find(std::string(destination));
  if (name != names_.end()) return name->second.front().peer;
  for (PeerNumber number = 0; number < peers_.size(); ++number) {
    if (peers_[number].state == State::active && peers_[number].name == destination) return number;
  }
  return std::nullopt;
}

bool Model::law_allows(const wire::Message& message) const {
  // A deny rule that names an interface holds for messages without one too (POL-029), but not for
  // replies that were asked for (POL-027).
  return law_ == Law::open || message.is_reply() ||
         (message.interface.data() != nullptr && message.interface != "org.example.Secret");
}

bool Model::matches(const wire::MatchRule& rule, std::optional<PeerNumber> sender,
                    const wire::Message& message) const {
  if (rule.type && *rule.type != message.type) return false;
  if (!rule.sender.empty()) {
    if (!sender && rule.sender != bus) return false;
    if (sender && rule.sender != name_of(*sender)) {
      const auto owned = names_.find(rule.sender);
      if (owned == names_.end() || owned->second.front().peer != *sender) return false;
    }
  }
  if (!rule.interface.empty() && rule.interface != message.interface) return false;
  if (!rule.member.empty() && rule.member != message.member) return false;
  if (!rule.path.empty() && rule.path != message.path) return false;
  if (!rule.path_namespace.empty() && !wire::is_path_within(message.path, rule.path_namespace)) {
    return false;
  }
  if (!rule.destination.empty()) return false;  // a broadcast has none
  wire::Arguments arguments(message.order, message.signature, message.body());
  for (const wire::MatchRule::Argument& wanted : rule.arguments) {
    const auto argument = arguments.at(wanted.index);
    switch (wanted.kind) {
      case wire::MatchRule::ArgumentKind::text:
        if (argument.type != 's' || argument.value != wanted.value) return false;
        break;
      case wire::MatchRule::ArgumentKind::name_space:
        if (argument.type != 's' || !wire::is_name_within(argument.value, wanted.value)) {
          return false;
        }
        break;
      case wire::MatchRule::ArgumentKind::path: {
        if (argument.type != 's' && argument.type != 'o') return false;
        const std::string_view have = argument.value;
        const std::string_view want = wanted.value;
        const bool fits = have == want || (want.ends_with('/') && have.starts_with(want)) ||
                          (have.ends_with('/') && want.starts_with(have));
        if (!fits) return false;
        break;
      }
    }
  }
  return true;
}

std::size_t Model::active_of(std::uint32_t uid) const {
  return static_cast<std::size_t>(std::ranges::count_if(peers_, [&](const Peer& peer) {
    return peer.uid == uid && (peer.state == State::active || peer.state == State::monitor);
  }));
}

Model::Expected Model::take() { return std::exchange(expected_, {}); }

}  // namespace headway::sim
