// SPDX-License-Identifier: MIT
#include "broker/broker.h"

#include "broker/bus.h"
#include "broker/driver.h"

namespace headway::broker {

struct Broker::Parts {
  Parts(BusFacts facts, BrokerSettings settings, Effects& effects, Mediator* mediator)
      : bus(std::move(facts), std::move(settings), effects, mediator), driver(bus) {}

  /// Where a message of a peer that is there goes.
  void route(Peer& sender, const wire::Message& message,
             const std::shared_ptr<const Payload>& payload);

  Bus bus;
  Driver driver;
};

Broker::Broker(BusFacts facts, BrokerSettings settings, Effects& effects, Mediator* mediator)
    : parts_(std::make_unique<Parts>(std::move(facts), std::move(settings), effects, mediator)) {}

Broker::~Broker() = default;

void Broker::advance(Time now) { parts_->bus.expire(now); }

std::optional<Time> Broker::next_deadline() const { return parts_->bus.next_deadline(); }

PeerId Broker::connected(Credentials credentials) {
  return parts_->bus.join(std::move(credentials)).id;
}

void Broker::authenticated(PeerId id, const Authentication& authentication) {
  Peer* peer = parts_->bus.peers.find(id);
  if (peer != nullptr) parts_->bus.admit(*peer, authentication);
}

void Broker::received(PeerId id, const wire::Message& message,
                      const std::shared_ptr<const Payload>& payload) {
  Peer* peer = parts_->bus.peers.find(id);
  if (peer == nullptr) return;
  ++peer->counters.messages_in;
  parts_->route(*peer, message, payload);
  parts_->bus.end_doomed();
}

void Broker::Parts::route(Peer& sender, const wire::Message& message,
                          const std::shared_ptr<const Payload>& payload) {
  if (sender.state == Peer::State::monitor) {
    return bus.disconnect(sender, Disconnect::message_from_monitor);
  }
  if (static_cast<std::uint8_t>(message.type) > 4) {
    return bus.refuse(sender, message, "AccessDenied",
                      "The bus does not forward messages of an unknown type");
  }
  if (message.destination == bus_name) return driver.dispatch(sender, message, payload);

  const bool is_addressed = message.destination.data() != nullptr;
  if (!is_addressed && message.type == wire::MessageType::method_call) {
    return driver.dispatch_local(sender, message);
  }
  if (sender.state != Peer::State::active) {
    return bus.disconnect(sender, Disconnect::message_before_hello);
  }
  if (is_addressed) return bus.unicast(sender, message, payload);
  if (message.type == wire::MessageType::signal) return bus.broadcast(sender, message, payload);
  // A reply to nobody (DRV-037).
}

void Broker::closed(PeerId id, Disconnect reason, std::string_view detail) {
  Peer* peer = parts_->bus.peers.find(id);
  if (peer == nullptr) return;
  parts_->bus.log_end(*peer, reason, detail.empty() ? describe(reason) : detail);
  parts_->bus.leave(*peer);
  parts_->bus.end_doomed();
}

void Broker::flushed(PeerId id, std::size_t bytes, std::uint32_t fds) {
  Peer* peer = parts_->bus.peers.find(id);
  if (peer != nullptr) parts_->bus.flushed(*peer, bytes, fds);
}

void Broker::replace_config(BrokerSettings settings) {
  parts_->bus.apply(std::move(settings));
  parts_->driver.finish_reload({});
  parts_->bus.end_doomed();
}

void Broker::replace_policy(PolicyRules rules) { parts_->bus.apply_policy(std::move(rules)); }

void Broker::config_refused(std::string_view error) {
  parts_->driver.finish_reload(error);
  parts_->bus.end_doomed();
}

void Broker::service_found(std::string_view name, std::optional<Service> service) {
  parts_->bus.service_found(name, std::move(service));
  parts_->bus.end_doomed();
}

void Broker::service_failed(std::string_view name, std::string_view error, std::string_view text) {
  parts_->bus.start_failed(name, full_error_name(error), text);
  parts_->bus.end_doomed();
}

bool Broker::knows(PeerId id) const { return parts_->bus.peers.find(id) != nullptr; }

bool Broker::is_active(PeerId id) const {
  const Peer* peer = parts_->bus.peers.find(id);
  return peer != nullptr && peer->state == Peer::State::active;
}

std::uint32_t Broker::connections() const { return parts_->bus.completed; }

Totals Broker::totals() const {
  const Bus& bus = parts_->bus;
  Totals totals;
  totals.connections = bus.completed + bus.incomplete;
  totals.names = bus.names.size() + bus.peers.named();
  totals.match_rules = bus.matches.count() + bus.monitors.count();
  totals.open_calls = bus.replies.size();
  bus.peers.each([&](const Peer& peer) {
    totals.queued_bytes += peer.queue.bytes();
    totals.queued_fds += peer.queue.fds();
  });
  totals.accounts = bus.accounts.size();
  return totals;
}

std::vector<Decision> Broker::refusals() const {
  return {parts_->bus.refusals.begin(), parts_->bus.refusals.end()};
}

}  // namespace headway::broker
