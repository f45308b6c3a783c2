// SPDX-License-Identifier: MIT
#include "lsm/apparmor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "lsm/message_text.h"

namespace headway::lsm {
namespace {

std::string_view name_of(std::uint32_t permission) {
  switch (permission) {
    case apparmor_send:
      return "send";
    case apparmor_receive:
      return "receive";
    case apparmor_bind:
      return "bind";
    default:
      return "eavesdrop";
  }
}

ApparmorMessage seen_by(std::string_view name, std::string_view peer_label,
                        const wire::Message& message) {
  return {name, peer_label, message.path, message.interface, message.member};
}

/// KEY="VALUE" pairs as the audit system's readers take them: a value that could end the quotes, or
/// is not ASCII, is written in capital hexadecimal digits without any.
class Pairs {
 public:
  explicit Pairs(std::string text = {}) : text_(std::move(text)) {}

  void add(std::string_view key, std::string_view value) {
    const bool is_plain = std::ranges::none_of(
        value, [](char c) { return c == '"' || c == '\'' || c < ' ' || c > '~'; });
    separate();
    text_ += is_plain ? fmt::format("{}=\"{}\"", key, value)
                      : fmt::format("{}={:02X}", key, fmt::join(as_bytes(value), ""));
  }
  void add_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) add(key, value);
  }
  void add_if_any(std::string_view key, std::optional<std::uint32_t> value) {
    if (!value) return;
    separate();
    text_ += fmt::format("{}={}", key, *value);
  }
  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!text_.empty()) text_ += ' ';
  }
  std::string text_;
};

}  // namespace

broker::Mediator::Answer Apparmor::may_send(const Sending& sending) {
  if (sending.requested_reply) return {};  // LSM-018
  const ApparmorLabel receiver =
      parse_apparmor_label(sending.receiver != nullptr ? sending.receiver->label : bus_.label);
  // Both, whatever the first says: who writes profiles wants to see both records.
  const Answer sent = ask_to_send(sending, receiver);
  const Answer received = ask_to_receive(sending, receiver);
  return sent ? received : sent;
}

broker::Mediator::Answer Apparmor::may_start(const Sending& sending,
                                             std::string_view assumed_label) {
  if (assumed_label.empty()) return {};
  return ask_to_send(sending, parse_apparmor_label(assumed_label));
}

broker::Mediator::Answer Apparmor::ask_to_send(const Sending& sending,
                                               const ApparmorLabel& receiver) {
  const Side side{parse_apparmor_label(sending.sender.label), sending.sender.pid, apparmor_send};
  if (side.label.is_unconfined()) return {};
  const std::string_view name = destination_of(sending.message);
  const Other other{receiver, sending.receiver != nullptr ? sending.receiver->pid : std::nullopt};
  return ask(
      side, other, name, &sending.message,
      message_query(side.label.name, bus_.type, seen_by(name, receiver.name, sending.message)));
}

broker::Mediator::Answer Apparmor::ask_to_receive(const Sending& sending,
                                                  const ApparmorLabel& receiver) {
  if (receiver.is_unconfined()) return {};
  const Side side{receiver, sending.receiver != nullptr ? sending.receiver->pid : std::nullopt,
                  apparmor_receive};
  const Other other{parse_apparmor_label(sending.sender.label), sending.sender.pid};
  return ask(side, other, sending.sender_name, &sending.message,
             message_query(receiver.name, bus_.type,
                           seen_by(sending.sender_name, other.label->name, sending.message)));
}

broker::Mediator::Answer Apparmor::may_own(const broker::Credentials& peer, std::string_view name) {
  const Side side{parse_apparmor_label(peer.label), peer.pid, apparmor_bind};
  if (side.label.is_unconfined()) return {};
  return ask(side, {}, name, nullptr, bind_query(side.label.name, bus_.type, name));
}

broker::Mediator::Answer Apparmor::may_eavesdrop(const broker::Credentials& peer) {
  const Side side{parse_apparmor_label(peer.label), peer.pid, apparmor_eavesdrop};
  if (side.label.is_unconfined()) return {};
  return ask(side, {}, {}, nullptr, eavesdrop_query(side.label.name, bus_.type));
}

broker::Mediator::Answer Apparmor::ask(const Side& side, const Other& other, std::string_view name,
                                       const wire::Message* message, const std::string& query) {
  const auto permissions = kernel_.query(query);
  const bool allowed =
      permissions && (permissions->allow & ~permissions->deny & side.mask) == side.mask;
  const std::uint32_t silent = !permissions ? 0
                               : allowed    ? ~permissions->audit | permissions->quiet
                                            : permissions->quiet;
  const bool complains = permissions && side.label.complains();  // LSM-020
  if (allowed && (silent & side.mask) != 0) return {};

  Pairs pairs;
  pairs.add("bus", bus_.type.empty() ? "unknown" : bus_.type);
  if (message != nullptr) {
    pairs.add_if_any("path", message->path);
    pairs.add_if_any("interface", message->interface);
    pairs.add_if_any("member", message->member);
    pairs.add_if_any("error_name", message->error_name);
  }
  pairs.add("mask", name_of(side.mask));
  pairs.add_if_any("name", name);
  pairs.add_if_any("pid", side.pid);
  pairs.add("label", side.label.name);
  pairs.add_if_any("peer_pid", other.pid);
  if (other.label) pairs.add("peer_label", other.label->name);
  const std::string facts = pairs.take();

  if ((silent & side.mask) == 0) {
    audit_.audit(fmt::format(
        "apparmor=\"{}\" operation=\"dbus_{}\" {}", allowed || complains ? "ALLOWED" : "DENIED",
        message != nullptr ? wire::to_string(message->type) : name_of(side.mask), facts));
  }
  if (allowed || complains) return {};
  return std::unexpected(Denial{
      "AppArmor",
      permissions ? facts : fmt::format("{} ({})", facts, std::strerror(permissions.error()))});
}

}  // namespace headway::lsm
