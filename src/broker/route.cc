// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "broker/bus.h"

namespace headway::broker {

Peer* Bus::resolve(std::string_view destination) const {
  if (destination.starts_with(':')) return peers.find_unique(destination);
  const auto name = names.find(destination);
  return name ? peers.find(names.primary(*name)) : nullptr;
}

Frame Bus::stamped(const Peer& sender, const wire::Message& message,
                   const std::shared_ptr<const Payload>& payload) {
  static const wire::SenderField nameless{nameless_sender};
  const Bytes head = wire::stamp_header(message, sender.stamp ? *sender.stamp : nameless, head_);
  return {head, message.body(), message.unix_fds, payload, {}};
}

void Bus::unicast(Peer& sender, const wire::Message& message,
                  const std::shared_ptr<const Payload>& payload) {
  const Frame frame = stamped(sender, message, payload);
  Peer* receiver = resolve(message.destination);
  std::optional<Refusal> refusal;
  if (receiver == nullptr && message.has(wire::no_auto_start)) {
    refusal = Refusal{"NameHasNoOwner",
                      fmt::format("Nobody owns the name {}, and the message forbids to start a "
                                  "service",
                                  message.destination)};
  } else if (receiver == nullptr) {
    // Before monitors see it: the reference shows them first what systemd is asked because of it.
    refusal = hold(sender, message, payload);
  }
  if (monitors.count() > 0) capture(message, frame, &sender, receiver);
  if (receiver != nullptr) return forward(sender, *receiver, message, frame);
  if (refusal) refuse(sender, message, refusal->error, refusal->text);
}

void Bus::forward(Peer& sender, Peer& receiver, const wire::Message& message, const Frame& frame) {
  std::optional<ReplyTable::Entry> answered;
  if (message.is_reply()) answered = replies.find({receiver.id, sender.id, message.reply_serial});
  const Delivery delivery{
      .message = message, .requested_reply = answered.has_value(), .fds = message.unix_fds};

  const auto say_no = [&](const Refusal& refusal) {
    refuse(sender, message, refusal.error, refusal.text);
  };
  if (const auto refusal = check(sender, receiver, delivery)) return say_no(*refusal);
  if (const auto refusal = check_room(sender, receiver, frame)) return say_no(*refusal);
  if (message.expects_reply()) {
    if (const auto refusal = expect_reply(sender, receiver, message)) return say_no(*refusal);
  }

  if (answered) replies.close(*answered);
  send(&sender, receiver, frame);
  if (!eavesdroppers.empty()) eavesdrop(&sender, &receiver, message, frame);
}

std::optional<Refusal> Bus::check(const Peer& sender, const Peer& receiver,
                                  const Delivery& delivery) {
  const wire::Message& message = delivery.message;
  const Proposal proposal{&sender, &receiver, &delivery};
  if (message.is_reply() && !delivery.requested_reply) {
    return explain_by_bus(proposal, fmt::format("{} expects no such reply from {}",
                                                receiver.unique_name(), sender.unique_name()));
  }
  if (auto refusal = ask_to_send(proposal)) return refusal;
  const Verdict send_verdict = sender.policy->may_send(delivery, receiver.keys);
  if (!send_verdict) {
    return Refusal{"AccessDenied",
                   explain_policy(Decision::Layer::policy_send, proposal, send_verdict)};
  }
  const Verdict receive_verdict = receiver.policy->may_receive(delivery, sender.keys);
  if (!receive_verdict) {
    return Refusal{"AccessDenied",
                   explain_policy(Decision::Layer::policy_receive, proposal, receive_verdict)};
  }
  if (send_verdict.log) log_would_reject(proposal, send_verdict);
  if (delivery.fds > 0 && !receiver.fds_agreed) {
    return Refusal{"NotSupported",
                   fmt::format("{} cannot receive file descriptors", receiver.unique_name())};
  }
  return std::nullopt;
}

std::optional<Refusal> Bus::expect_reply(const Peer& caller, const Peer& callee,
                                         const wire::Message& message) {
  std::optional<Time> deadline;
  if (limits.reply_timeout) deadline = now + *limits.reply_timeout;
  const auto opened = replies.open({caller.id, callee.id, message.serial},
                                   limits.max_replies_per_connection, deadline);
  if (opened) return std::nullopt;
  switch (opened.error()) {
    case ReplyTable::Refusal::quota:
      return Refusal{"LimitsExceeded", explain_limit(caller, "waits for as many replies as it may",
                                                     "max_replies_per_connection",
                                                     limits.max_replies_per_connection)};
    case ReplyTable::Refusal::serial_in_use:
      return Refusal{"AccessDenied",
                     fmt::format("{} already waits for a reply from {} to a call with serial {}",
                                 caller.unique_name(), callee.unique_name(), message.serial)};
  }
  return std::nullopt;
}

Bus::Room Bus::room_for(const Peer& receiver, AccountId actor, const Frame& frame) const {
  // The present size is what counts: one message may overshoot (POL-054).
  if (receiver.queue.bytes() > limits.max_outgoing_bytes ||
      (frame.fds > 0 && receiver.queue.fds() + frame.fds > limits.max_outgoing_unix_fds)) {
    return Room::connection_full;
  }
  return accounts.may_charge(receiver.account, actor, frame.bytes(), frame.fds, budget_)
             ? Room::enough
             : Room::user_full;
}

std::optional<Refusal> Bus::check_room(const Peer& sender, const Peer& receiver,
                                       const Frame& frame) {
  switch (room_for(receiver, sender.account, frame)) {
    case Room::enough:
      return std::nullopt;
    case Room::connection_full:
      return Refusal{"LimitsExceeded", explain_full_queue(&sender, receiver)};
    case Room::user_full:
      return Refusal{"LimitsExceeded", explain_full_budget(&sender, receiver)};
  }
  return std::nullopt;
}

void Bus::send(Peer* from, Peer& to, const Frame& frame) {
  const AccountId actor = from != nullptr ? from->account : to.account;
  accounts.charge(to.account, actor, frame.bytes(), frame.fds);
  to.queue.push({from != nullptr ? from->id : PeerId{}, actor, frame.bytes(), frame.fds});
  to.counters.peak_queued_bytes = std::max(to.counters.peak_queued_bytes, to.queue.bytes());
  to.counters.peak_queued_fds = std::max(to.counters.peak_queued_fds, to.queue.fds());
  ++to.counters.messages_out;
  if (from != nullptr) {
    from->in_flight_bytes += frame.bytes();
    from->in_flight_fds += frame.fds;
    from->counters.peak_in_flight_bytes =
        std::max(from->counters.peak_in_flight_bytes, from->in_flight_bytes);
    from->counters.peak_in_flight_fds =
        std::max(from->counters.peak_in_flight_fds, from->in_flight_fds);
    pause_if_flooding(*from);
  }
  effects.deliver(to.id, frame);
}

void Bus::pause_if_flooding(Peer& sender) {
  const bool floods = sender.in_flight_bytes > limits.max_incoming_bytes ||
                      sender.in_flight_fds > limits.max_incoming_unix_fds;
  if (floods == sender.reading_paused) return;
  sender.reading_paused = floods;
  effects.pause_reading(sender.id, floods);
}

void Bus::flushed(Peer& peer, std::size_t bytes, std::uint32_t fds) {
  peer.queue.pop(bytes, fds, [&](const QueueLedger::Entry& part) { settle(peer, part); });
}

void Bus::settle(const Peer& receiver, const QueueLedger::Entry& part) {
  accounts.discharge(receiver.account, part.actor, part.bytes, part.fds);
  Peer* sender = peers.find(part.from);
  if (sender == nullptr) return;
  sender->in_flight_bytes -= part.bytes;
  sender->in_flight_fds -= part.fds;
  if (sender->reading_paused) pause_if_flooding(*sender);
}

void Bus::broadcast(Peer& sender, const wire::Message& message,
                    const std::shared_ptr<const Payload>& payload) {
  const Frame frame = stamped(sender, message, payload);
  if (monitors.count() > 0) capture(message, frame, &sender, nullptr);
  send_copies(&sender, message, frame);
  if (starts.size() > 0) hear_signal_of_systemd(sender, message);
}

void Bus::send_copies(const Peer* sender, const wire::Message& message, const Frame& frame) {
  if (matches.empty()) return;
  wire::Arguments arguments(message.order, message.signature, message.body());
  names_of(sender, sender_names_);
  found_.clear();
  matches.find({message, sender_names_, {}, arguments}, found_);

  const Delivery delivery{.message = message, .broadcast = true, .fds = message.unix_fds};
  const std::uint64_t mark = ++mark_;
  for (const PeerId id : found_) {
    Peer* receiver = peers.find(id);
    if (receiver == nullptr || !receiver->is_receiver() || receiver->mark == mark) continue;
    receiver->mark = mark;
    if (!may_copy(sender, *receiver, delivery)) continue;
    if (room_for(*receiver, receiver->account, frame) != Room::enough) {
      doom(*receiver);
      continue;
    }
    send(nullptr, *receiver, frame);
  }
}

bool Bus::may_copy(const Peer* sender, const Peer& receiver, const Delivery& delivery) {
  if (delivery.fds > 0 && !receiver.fds_agreed) return false;  // ROUTE-016
  const wire::Message& message = delivery.message;
  if (const auto answer = consult({sender, &receiver, &delivery}); !answer) {
    if (delivery.broadcast && monitors.count() > 0) {
      show_refusal(message, sender,
                   fmt::format("An {} policy keeps this broadcast from {}: {}",
                               answer.error().module, receiver.unique_name(), answer.error().rule));
    }
    return false;
  }
  const bool allowed =
      (sender == nullptr || sender->policy->may_send(delivery, receiver.keys)) &&
      receiver.policy->may_receive(delivery, sender != nullptr ? sender->keys : bus_keys);
  if (!allowed && delivery.broadcast && monitors.count() > 0) {
    show_refusal(message, sender,
                 fmt::format("Policy keeps this broadcast from {}", receiver.unique_name()));
  }
  return allowed;
}

void Bus::eavesdrop(const Peer* sender, const Peer* receiver, const wire::Message& message,
                    const Frame& frame) {
  wire::Arguments arguments(message.order, message.signature, message.body());
  names_of(sender, sender_names_);
  destination_names_.clear();
  if (receiver != nullptr) {
    names_of(receiver, destination_names_);
  } else {
    destination_names_.push_back(message.destination);
  }
  found_.clear();
  eavesdroppers.find({message, sender_names_, destination_names_, arguments}, found_);

  const Delivery delivery{.message = message, .eavesdropping = true, .fds = message.unix_fds};
  const std::uint64_t mark = ++mark_;
  for (const PeerId id : found_) {
    Peer* listener = peers.find(id);
    if (listener == nullptr || !listener->is_receiver() || listener->mark == mark) continue;
    listener->mark = mark;
    if (listener == receiver || !may_copy(sender, *listener, delivery)) continue;
    if (room_for(*listener, listener->account, frame) != Room::enough) {
      doom(*listener);
      continue;
    }
    send(nullptr, *listener, frame);
  }
}

void Bus::capture(const wire::Message& message, const Frame& frame, const Peer* from,
                  const Peer* to) {
  wire::Arguments arguments(message.order, message.signature, message.body());
  names_of(from, sender_names_);
  destination_names_.clear();
  if (to != nullptr) {
    names_of(to, destination_names_);
  } else if (message.destination.data() != nullptr) {
    destination_names_.push_back(message.destination);
  }
  captured_.clear();
  monitors.find({message, sender_names_, destination_names_, arguments}, captured_);

  const std::uint64_t mark = ++mark_;
  for (const PeerId id : captured_) {
    Peer* monitor = peers.find(id);
    if (monitor == nullptr || monitor->mark == mark) continue;
    monitor->mark = mark;
    if (frame.fds > 0 && !monitor->fds_agreed) continue;
    if (room_for(*monitor, monitor->account, frame) != Room::enough) {
      doom(*monitor);
      continue;
    }
    send(nullptr, *monitor, frame);
  }
}

void Bus::names_of(const Peer* peer, std::vector<std::string_view>& out) const {
  out.clear();
  if (peer == nullptr) {
    out.push_back(bus_name);
    return;
  }
  if (peer->stamp) out.push_back(peer->unique_name());
  for (const NameId name : peer->names) {
    if (names.primary(name) == peer->id) out.push_back(names.text(name));
  }
}

}  // namespace headway::broker
