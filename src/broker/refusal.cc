// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/utf8.h"
#include "broker/bus.h"

namespace headway::broker {
namespace {

template <class Number>
std::string or_unknown(const std::optional<Number>& number) {
  return number ? fmt::format("{}", *number) : "unknown";
}

std::string describe_verdict(const Decision& decision, bool allowed) {
  if (decision.rule.empty()) return "no rule allows it";
  return fmt::format("{} by {} at {}:{}", allowed ? "allowed" : "denied", decision.rule,
                     decision.file, decision.line);
}

std::string limit_hint(std::string_view limit, std::uint64_t value) {
  return fmt::format("(increase limits in configuration file if required; {}={})", limit, value);
}

struct Words {
  const char* name;
  const char* text;  // completes "it ..."
};

Words words_for(Disconnect reason) {
  switch (reason) {
    case Disconnect::closed_by_peer:
      return {"closed_by_peer", "closed the connection"};
    case Disconnect::transport_error:
      return {"transport_error", "has a socket that failed"};
    case Disconnect::malformed_message:
      return {"malformed_message", "sent an invalid message"};
    case Disconnect::too_many_fds:
      return {"too_many_fds", "sent more or fewer file descriptors than it may"};
    case Disconnect::authentication_failed:
      return {"authentication_failed", "did not authenticate"};
    case Disconnect::authentication_timeout:
      return {"authentication_timeout", "did not log in within auth_timeout"};
    case Disconnect::pending_fd_timeout:
      return {"pending_fd_timeout",
              "left a message with file descriptors unfinished for pending_fd_timeout"};
    case Disconnect::not_allowed_to_connect:
      return {"not_allowed_to_connect", "may not connect"};
    case Disconnect::message_before_hello:
      return {"message_before_hello", "sent a message to somebody else before Hello"};
    case Disconnect::message_from_monitor:
      return {"message_from_monitor", "is a monitor and sent a message"};
    case Disconnect::queue_full:
      return {"queue_full", "does not read what it subscribed to"};
    case Disconnect::bus_stopping:
      return {"bus_stopping", "is connected to a bus that stops"};
  }
  return {"unknown", "is not wanted"};
}

}  // namespace

const char* to_string(Disconnect reason) { return words_for(reason).name; }

const char* describe(Disconnect reason) { return words_for(reason).text; }

Decision::Party Bus::party(const Peer* peer) const {
  const Credentials& credentials = peer != nullptr ? peer->credentials : facts.credentials;
  Decision::Party result{.unique_name = std::string(bus_name),
                         .names = {},
                         .uid = credentials.uid,
                         .pid = credentials.pid,
                         .label = as_utf8(credentials.label)};
  if (peer == nullptr) return result;
  result.unique_name = peer->unique_name();
  const std::size_t count = std::min(peer->names.size(), Decision::Party::names_max);
  for (const NameId name : std::span(peer->names).first(count)) {
    result.names.emplace_back(names.text(name));
  }
  result.names_left_out = peer->names.size() - count;
  return result;
}

std::string Bus::describe_peer(const Peer* peer) const { return describe(party(peer)); }

void Bus::set_rule(Decision& decision, const Verdict& verdict) const {
  if (verdict.rule == nullptr) return;
  decision.rule = to_string(*verdict.rule);
  decision.file = as_utf8(policy->file_of(*verdict.rule));
  decision.line = verdict.rule->source.line;
}

Decision Bus::record_policy(Decision::Layer layer, const Proposal& proposal, const Verdict& verdict,
                            std::optional<std::span<const PolicyKey>> absent_keys) const {
  const Delivery& delivery = *proposal.delivery;
  const std::span<const PolicyKey> sender_keys =
      proposal.sender ? std::span<const PolicyKey>(proposal.sender->keys) : bus_keys;
  const std::span<const PolicyKey> receiver_keys =
      absent_keys ? *absent_keys
                  : std::span(proposal.receiver ? proposal.receiver->keys : bus_keys);
  const bool sending = layer == Decision::Layer::policy_send;
  const auto overridden =
      sending ? proposal.sender->policy->overridden_send(delivery, receiver_keys)
              : proposal.receiver->policy->overridden_receive(delivery, sender_keys);

  Decision decision{.layer = layer};
  set_rule(decision, verdict);
  for (const PolicyRule* rule : overridden)
    decision.overridden.push_back(as_utf8(policy->where(*rule)));
  decision.sender = party(proposal.sender);
  if (absent_keys) {
    Decision::Party absent;
    absent.names.emplace_back(delivery.message.destination);
    decision.receiver = std::move(absent);
  } else {
    decision.receiver = party(proposal.receiver);
  }
  decision.message = message_of(delivery.message);
  decision.text = fmt::format(
      "{} {} message, {} matched rules; {}; sender {}, receiver {}, requested_reply=\"{}\", {}",
      verdict.allowed ? "Allowed" : "Rejected", sending ? "send" : "receive",
      overridden.size() + (verdict.rule != nullptr ? 1 : 0),
      describe_verdict(decision, verdict.allowed), describe(*decision.sender),
      describe(*decision.receiver), delivery.requested_reply ? 1 : 0, describe(*decision.message));
  return decision;
}

std::string Bus::explain_policy(Decision::Layer layer, const Proposal& proposal,
                                const Verdict& verdict,
                                std::optional<std::span<const PolicyKey>> absent_keys) {
  return note(record_policy(layer, proposal, verdict, absent_keys));
}

Decision Bus::record_own(const Peer& peer, std::string_view name, const Verdict& verdict) const {
  Decision decision{.layer = Decision::Layer::policy_own};
  set_rule(decision, verdict);
  decision.sender = party(&peer);
  decision.name = name;
  decision.text =
      fmt::format("{} is {}allowed to own the name \"{}\": {}", describe_peer(&peer),
                  verdict.allowed ? "" : "not ", name, describe_verdict(decision, verdict.allowed));
  return decision;
}

std::string Bus::explain_own(const Peer& peer, std::string_view name, const Verdict& verdict) {
  return note(record_own(peer, name, verdict));
}

void Bus::explain_connect(const Peer& peer, const Verdict& verdict) {
  Decision decision{.layer = Decision::Layer::policy_connect};
  set_rule(decision, verdict);
  decision.sender = party(&peer);
  std::string why = "no rule allows anybody but the bus's own user";
  if (peer.is_anonymous) why = "it is anonymous, and the configuration has no <allow_anonymous/>";
  if (verdict.rule != nullptr) why = describe_verdict(decision, false);
  decision.text = fmt::format("{} is not allowed to connect: {}", describe_peer(&peer), why);
  note(std::move(decision));
}

Refusal Bus::explain_by_bus(const Proposal& proposal, std::string text) {
  Decision decision{.layer = Decision::Layer::bus};
  decision.sender = party(proposal.sender);
  decision.receiver = party(proposal.receiver);
  decision.message = message_of(proposal.delivery->message);
  decision.text = std::move(text);
  return {"AccessDenied", note(std::move(decision))};
}

std::string Bus::explain_limit(const Peer& who, std::string_view text, std::string_view limit,
                               std::uint64_t value) {
  Decision decision{.layer = Decision::Layer::quota};
  decision.limit = limit;
  decision.limit_value = value;
  decision.holder = describe_peer(&who);
  decision.holder_uid = who.credentials.uid;
  decision.sender = party(&who);
  decision.text = fmt::format("{} {} {}", decision.holder, text, limit_hint(limit, value));
  return note(std::move(decision));
}

std::string Bus::explain_full_queue(const Peer* sender, const Peer& receiver) {
  Decision decision{.layer = Decision::Layer::quota};
  const bool by_bytes = receiver.queue.bytes() > limits.max_outgoing_bytes;
  decision.limit = by_bytes ? "max_outgoing_bytes" : "max_outgoing_unix_fds";
  decision.limit_value = by_bytes ? limits.max_outgoing_bytes : limits.max_outgoing_unix_fds;
  decision.holder = describe_peer(&receiver);
  decision.holder_uid = receiver.credentials.uid;
  decision.sender = party(sender);
  decision.receiver = party(&receiver);
  decision.text = fmt::format(
      "The destination has a full message queue: {} has not read {} bytes and {} descriptors {}",
      decision.holder, receiver.queue.bytes(), receiver.queue.fds(),
      limit_hint(decision.limit, decision.limit_value));
  return note(std::move(decision));
}

std::string Bus::explain_full_budget(const Peer* sender, const Peer& receiver) {
  Decision decision{.layer = Decision::Layer::quota};
  const Accounts::Holder holder = accounts.largest_holder(receiver.account);
  decision.limit = "bytes per user";
  decision.limit_value = budget_.bytes;
  decision.holder = fmt::format("uid={}", or_unknown(holder.uid));
  decision.holder_uid = holder.uid;
  decision.sender = party(sender);
  decision.receiver = party(&receiver);
  decision.text = fmt::format(
      "The user of {} has no room left for messages of this sender; user {} holds most of it: {} "
      "bytes, {} descriptors",
      describe_peer(&receiver), or_unknown(holder.uid), holder.bytes, holder.fds);
  return note(std::move(decision));
}

void Bus::log_would_reject(const Proposal& proposal, const Verdict& verdict) {
  Decision decision{.layer = Decision::Layer::policy_send};
  set_rule(decision, verdict);
  decision.sender = party(proposal.sender);
  decision.receiver = party(proposal.receiver);
  decision.message = message_of(proposal.delivery->message);
  decision.text =
      fmt::format("Would reject message: {} from {} to {}, matched {} at {}:{}",
                  describe(*decision.message), describe(*decision.sender),
                  describe(*decision.receiver), decision.rule, decision.file, decision.line);
  LogEntry entry = log_entry(decision);
  entry.kind = LogKind::would_refuse;
  effects.log(entry);
}

void Bus::log_end(const Peer& peer, Disconnect reason, std::string_view text) {
  switch (reason) {
    case Disconnect::closed_by_peer:
    case Disconnect::transport_error:
    case Disconnect::not_allowed_to_connect:  // see explain_connect()
    case Disconnect::bus_stopping:
      return;
    default:
      break;
  }
  LogEntry entry{
      .kind = LogKind::connection_ended,
      .text = fmt::format("Ended the connection of {}: it {}", describe_peer(&peer), text),
      .fields = {{LogField::reason, to_string(reason)}}};
  put_sender(entry, party(&peer));
  effects.log(entry);
}

std::string Bus::note(Decision decision) {
  decision.number = ++refusals_noted;
  decision.when = now;
  effects.log(log_entry(decision));
  std::string text = decision.text;
  refusals.push_back(std::move(decision));
  if (refusals.size() > Broker::refusals_max) refusals.pop_front();
  return text;
}

}  // namespace headway::broker
