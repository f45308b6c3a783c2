// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "broker/bus.h"

namespace headway::broker {
namespace {

template <class Number>
std::string or_unknown(const std::optional<Number>& number) {
  return number ? fmt::format("{}", *number) : "unknown";
}

std::string login_of(const Credentials& credentials) {
  std::string text =
      fmt::format("uid={} pid={}", or_unknown(credentials.uid), or_unknown(credentials.pid));
  if (!credentials.label.empty()) text += fmt::format(" label=\"{}\"", credentials.label);
  return text;
}

std::string_view or_unset(std::string_view text) { return text.data() ? text : "(unset)"; }

std::string_view type_name(wire::MessageType type) {
  switch (type) {
    case wire::MessageType::method_call:
      return "method_call";
    case wire::MessageType::method_return:
      return "method_return";
    case wire::MessageType::error:
      return "error";
    case wire::MessageType::signal:
      return "signal";
  }
  return "unknown";
}

std::string describe_verdict(const Decision& decision) {
  if (decision.rule.empty()) return "no rule allows it";
  return fmt::format("denied by {} at {}", decision.rule, decision.where);
}

std::string limit_hint(std::string_view limit, std::uint64_t value) {
  return fmt::format("(increase limits in configuration file if required; {}={})", limit, value);
}

}  // namespace

std::string describe(const wire::Message& message) {
  return fmt::format(
      "type=\"{}\" path=\"{}\" interface=\"{}\" member=\"{}\" error name=\"{}\" destination=\"{}\" "
      "serial={}",
      type_name(message.type), or_unset(message.path), or_unset(message.interface),
      or_unset(message.member), or_unset(message.error_name), or_unset(message.destination),
      message.serial);
}

const char* to_string(Decision::Layer layer) {
  switch (layer) {
    case Decision::Layer::policy_send:
      return "send policy";
    case Decision::Layer::policy_receive:
      return "receive policy";
    case Decision::Layer::policy_own:
      return "own policy";
    case Decision::Layer::policy_connect:
      return "connect policy";
    case Decision::Layer::lsm:
      return "security module";
    case Decision::Layer::quota:
      return "quota";
  }
  return "unknown";
}

const char* describe(Disconnect reason) {
  switch (reason) {
    case Disconnect::closed_by_peer:
      return "it closed the connection";
    case Disconnect::transport_error:
      return "its socket failed";
    case Disconnect::malformed_message:
      return "it sent an invalid message";
    case Disconnect::too_many_fds:
      return "it sent more or fewer file descriptors than it may";
    case Disconnect::authentication_failed:
      return "it did not authenticate";
    case Disconnect::authentication_timeout:
      return "it did not log in within auth_timeout";
    case Disconnect::pending_fd_timeout:
      return "it left a message with file descriptors unfinished for pending_fd_timeout";
    case Disconnect::not_allowed_to_connect:
      return "policy does not let it connect";
    case Disconnect::message_before_hello:
      return "it sent a message to somebody else before Hello";
    case Disconnect::message_from_monitor:
      return "it is a monitor and sent a message";
    case Disconnect::queue_full:
      return "it does not read what it subscribed to";
    case Disconnect::bus_stopping:
      return "the bus stops";
  }
  return "unknown";
}

std::string Bus::describe_peer(const Peer* peer) const {
  if (peer == nullptr) return std::string(bus_name);
  std::string text(peer->stamp ? peer->unique_name() : "a connection without a name");
  for (const NameId name : peer->names) text += fmt::format(" {}", names.text(name));
  return fmt::format("{} ({})", text, login_of(peer->credentials));
}

std::string Bus::explain_policy(Decision::Layer layer, const Proposal& proposal,
                                const Verdict& verdict,
                                std::optional<std::span<const PolicyKey>> absent_keys) {
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
  if (verdict.rule != nullptr) {
    decision.rule = to_string(*verdict.rule);
    decision.where = policy->where(*verdict.rule);
  }
  for (const PolicyRule* rule : overridden) decision.overridden.push_back(policy->where(*rule));
  decision.sender = describe_peer(proposal.sender);
  decision.receiver = absent_keys ? fmt::format("{} (not running)", delivery.message.destination)
                                  : describe_peer(proposal.receiver);
  decision.message = describe(delivery.message);
  decision.text = fmt::format(
      "Rejected {} message, {} matched rules; {}; sender {}, receiver {}, requested_reply=\"{}\", "
      "{}",
      sending ? "send" : "receive", overridden.size() + (verdict.rule != nullptr ? 1 : 0),
      describe_verdict(decision), decision.sender, decision.receiver,
      delivery.requested_reply ? 1 : 0, decision.message);
  return note(std::move(decision));
}

std::string Bus::explain_own(const Peer& peer, std::string_view name, const Verdict& verdict) {
  Decision decision{.layer = Decision::Layer::policy_own};
  if (verdict.rule != nullptr) {
    decision.rule = to_string(*verdict.rule);
    decision.where = policy->where(*verdict.rule);
  }
  decision.sender = describe_peer(&peer);
  decision.message = fmt::format("RequestName of \"{}\"", name);
  decision.text = fmt::format("{} is not allowed to own the name \"{}\": {}", decision.sender, name,
                              describe_verdict(decision));
  return note(std::move(decision));
}

void Bus::explain_connect(const Peer& peer, const Verdict& verdict) {
  Decision decision{.layer = Decision::Layer::policy_connect};
  if (verdict.rule != nullptr) {
    decision.rule = to_string(*verdict.rule);
    decision.where = policy->where(*verdict.rule);
  }
  decision.sender = describe_peer(&peer);
  decision.text =
      fmt::format("{} is not allowed to connect: {}", decision.sender,
                  verdict.rule != nullptr ? describe_verdict(decision)
                                          : "no rule allows anybody but the bus's own user");
  note(std::move(decision));
}

std::string Bus::explain_limit(const Peer& who, std::string_view text, std::string_view limit,
                               std::uint64_t value) {
  Decision decision{.layer = Decision::Layer::quota};
  decision.limit = fmt::format("{}={}", limit, value);
  decision.holder = describe_peer(&who);
  decision.sender = decision.holder;
  decision.text = fmt::format("{} {} {}", decision.holder, text, limit_hint(limit, value));
  return note(std::move(decision));
}

std::string Bus::explain_full_queue(const Peer* sender, const Peer& receiver) {
  Decision decision{.layer = Decision::Layer::quota};
  const bool by_bytes = receiver.queue.bytes() > limits.max_outgoing_bytes;
  const std::string_view limit = by_bytes ? "max_outgoing_bytes" : "max_outgoing_unix_fds";
  const std::uint64_t value = by_bytes ? limits.max_outgoing_bytes : limits.max_outgoing_unix_fds;
  decision.limit = fmt::format("{}={}", limit, value);
  decision.holder = describe_peer(&receiver);
  decision.sender = describe_peer(sender);
  decision.receiver = decision.holder;
  decision.text = fmt::format(
      "The destination has a full message queue: {} has not read {} bytes and {} descriptors {}",
      decision.holder, receiver.queue.bytes(), receiver.queue.fds(), limit_hint(limit, value));
  return note(std::move(decision));
}

std::string Bus::explain_full_budget(const Peer* sender, const Peer& receiver) {
  Decision decision{.layer = Decision::Layer::quota};
  const Accounts::Holder holder = accounts.largest_holder(receiver.account);
  decision.limit = fmt::format("bytes per user={}", budget_.bytes);
  decision.holder = fmt::format("uid={}", or_unknown(holder.uid));
  decision.sender = describe_peer(sender);
  decision.receiver = describe_peer(&receiver);
  decision.text = fmt::format(
      "The user of {} has no room left for messages of this sender; user {} holds most of it: {} "
      "bytes, {} descriptors",
      decision.receiver, or_unknown(holder.uid), holder.bytes, holder.fds);
  return note(std::move(decision));
}

void Bus::log_would_reject(const Proposal& proposal, const Verdict& verdict) {
  effects.log({Severity::security,
               fmt::format("Would reject message: {} from {} to {}, matched {} at {}",
                           describe(proposal.delivery->message), describe_peer(proposal.sender),
                           describe_peer(proposal.receiver), to_string(*verdict.rule),
                           policy->where(*verdict.rule)),
               {}});
}

std::string Bus::note(Decision decision) {
  LogEntry entry{Severity::security, decision.text, {}};
  const auto field = [&](const char* name, const std::string& value) {
    if (!value.empty()) entry.fields.emplace_back(name, value);
  };
  field("HEADWAY_LAYER", to_string(decision.layer));
  field("HEADWAY_RULE", decision.rule);
  field("HEADWAY_RULE_AT", decision.where);
  field("HEADWAY_LIMIT", decision.limit);
  field("HEADWAY_HOLDER", decision.holder);
  field("HEADWAY_SENDER", decision.sender);
  field("HEADWAY_RECEIVER", decision.receiver);
  field("HEADWAY_MESSAGE", decision.message);
  effects.log(entry);

  std::string text = decision.text;
  refusals.push_back(std::move(decision));
  if (refusals.size() > Broker::refusals_max) refusals.pop_front();
  return text;
}

}  // namespace headway::broker
