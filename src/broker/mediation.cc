// SPDX-License-Identifier: MIT
// What the machine's security modules are asked, and what becomes of a no.
#include <fmt/format.h>

#include "base/utf8.h"
#include "broker/bus.h"

namespace headway::broker {
namespace {

Mediator::Sending sending_of(const Bus::Proposal& proposal) {
  return {.message = proposal.delivery->message,
          .sender = proposal.sender->credentials,
          .sender_name = proposal.sender->unique_name(),
          .receiver = proposal.receiver != nullptr ? &proposal.receiver->credentials : nullptr,
          .requested_reply = proposal.delivery->requested_reply};
}

/// A no that can be told: labels in it may be any bytes, and an error's text may not.
Mediator::Answer told(Mediator::Answer answer) {
  if (!answer) answer.error().rule = as_utf8(answer.error().rule);
  return answer;
}

Decision decision_of(const Mediator::Denial& denial) {
  return {.layer = Decision::Layer::lsm, .rule = fmt::format("{}: {}", denial.module, denial.rule)};
}

}  // namespace

Mediator::Answer Bus::consult(const Proposal& proposal) const {
  if (mediator == nullptr || proposal.sender == nullptr) return {};
  return told(mediator->may_send(sending_of(proposal)));
}

std::optional<Refusal> Bus::ask_to_send(const Proposal& proposal) {
  const auto answer = consult(proposal);
  if (answer) return std::nullopt;
  return explain_denial(answer.error(), proposal, party(proposal.receiver));
}

std::optional<Refusal> Bus::ask_to_start(const Proposal& proposal, const Service& service) {
  if (mediator == nullptr) return std::nullopt;
  const auto answer = told(mediator->may_start(sending_of(proposal), service.assumed_label));
  if (answer) return std::nullopt;
  Decision::Party absent;
  absent.names.push_back(service.name);
  return explain_denial(answer.error(), proposal, std::move(absent));
}

Refusal Bus::explain_denial(const Mediator::Denial& denial, const Proposal& proposal,
                            Decision::Party receiver) {
  Decision decision = decision_of(denial);
  decision.sender = party(proposal.sender);
  decision.receiver = std::move(receiver);
  decision.message = message_of(proposal.delivery->message);
  decision.text = fmt::format(
      "An {} policy prevents this sender from sending this message to this recipient: {}; sender "
      "{}, receiver {}, requested_reply=\"{}\", {}",
      denial.module, denial.rule, describe(*decision.sender), describe(*decision.receiver),
      proposal.delivery->requested_reply ? 1 : 0, describe(*decision.message));
  return {"AccessDenied", note(std::move(decision))};
}

std::optional<Refusal> Bus::ask_to_own(const Peer& peer, std::string_view name) {
  if (mediator == nullptr) return std::nullopt;
  const auto answer = told(mediator->may_own(peer.credentials, name));
  if (answer) return std::nullopt;
  Decision decision = decision_of(answer.error());
  decision.sender = party(&peer);
  decision.name = name;
  decision.text =
      fmt::format("Connection \"{}\" is not allowed to own the service \"{}\" due to {} policy: {}",
                  peer.unique_name(), name, answer.error().module, answer.error().rule);
  return Refusal{"AccessDenied", note(std::move(decision))};
}

std::optional<Refusal> Bus::ask_to_eavesdrop(const Peer& peer) {
  if (mediator == nullptr) return std::nullopt;
  const auto answer = told(mediator->may_eavesdrop(peer.credentials));
  if (answer) return std::nullopt;
  Decision decision = decision_of(answer.error());
  decision.sender = party(&peer);
  decision.text = fmt::format("Connection \"{}\" is not allowed to eavesdrop due to {} policy: {}",
                              peer.unique_name(), answer.error().module, answer.error().rule);
  return Refusal{"AccessDenied", note(std::move(decision))};
}

}  // namespace headway::broker
