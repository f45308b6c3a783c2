// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/assert.h"
#include "broker/bus.h"
#include "wire/body.h"

namespace headway::broker {

std::string full_error_name(std::string_view name) {
  return fmt::format("org.freedesktop.DBus.Error.{}", name);
}

std::uint32_t Bus::next_serial() {
  if (++serial_ == 0) ++serial_;
  return serial_;
}

Bus::Spoken Bus::compose(wire::HeaderFields fields, Bytes body) {
  return compose_into(built_, fields, body);
}

Bus::Spoken Bus::compose_into(std::vector<std::uint8_t>& out, wire::HeaderFields fields,
                              Bytes body) {
  fields.serial = next_serial();
  if (fields.sender.empty()) fields.sender = bus_name;
  if (fields.type != wire::MessageType::method_call) fields.flags = wire::no_reply_expected;
  // The bus says nothing that it would not accept. Names it has from itself or from such messages;
  // texts may come from elsewhere.
  HEADWAY_ASSERT(wire::validate_body(fields.order, fields.signature, body));
  return spoken_as(wire::build_message(fields, body, out));
}

Bus::Spoken Bus::spoken_as(const wire::Message& message) {
  return {message,
          {message.bytes.first(message.head_bytes()), message.body(), message.unix_fds, {}, {}}};
}

void Bus::say(Peer& to, const Spoken& spoken) {
  if (monitors.count() > 0) capture(spoken.message, spoken.frame, nullptr, &to);
  hand_over(to, spoken);
}

void Bus::hand_over(Peer& to, const Spoken& spoken) {
  const wire::Message& message = spoken.message;
  const Delivery delivery{
      .message = message, .requested_reply = message.is_reply(), .fds = message.unix_fds};
  const bool is_there = to.is_receiver() || to.state == Peer::State::silent;
  if (is_there) {
    const Verdict verdict =
        to.policy ? to.policy->may_receive(delivery, bus_keys) : Verdict{.allowed = true};
    if (!verdict) {
      show_refusal(
          message, nullptr,
          explain_policy(Decision::Layer::policy_receive, {nullptr, &to, &delivery}, verdict));
    } else if (room_for(to, to.account, spoken.frame) == Room::enough) {
      send(nullptr, to, spoken.frame);
    } else {
      doom(to);
    }
  }
  if (!eavesdroppers.empty()) eavesdrop(nullptr, &to, message, spoken.frame);
}

void Bus::reply(Peer& to, const wire::Message& call, const Answer& answer) {
  if (!call.expects_reply()) return;
  wire::HeaderFields fields{.type = wire::MessageType::method_return};
  fields.reply_serial = call.serial;
  fields.destination = to.unique_name();
  fields.signature = answer.signature;
  fields.unix_fds = answer.process_fd_of ? 1 : 0;
  Spoken spoken = compose(fields, answer.body);
  spoken.frame.process_fd_of = answer.process_fd_of;
  say(to, spoken);
}

void Bus::refuse(Peer& to, const wire::Message& cause, std::string_view name,
                 std::string_view text) {
  send_error(to, cause, full_error_name(name), text);
}

void Bus::send_error(Peer& to, const wire::Message& cause, std::string_view error_name,
                     std::string_view text) {
  if (cause.type == wire::MessageType::method_call && !cause.expects_reply()) return;
  body_.clear();
  wire::BodyWriter(body_).string(text);
  wire::HeaderFields fields{.type = wire::MessageType::error};
  fields.reply_serial = cause.serial;
  fields.error_name = error_name;
  fields.destination = to.stamp ? to.unique_name() : nameless_sender;
  fields.signature = "s";
  say(to, compose(fields, body_));
}

void Bus::show_refusal(const wire::Message& cause, const Peer* sender, std::string_view text) {
  if (monitors.count() == 0) return;
  const std::string error_name = full_error_name("AccessDenied");
  wire::HeaderFields fields{.type = wire::MessageType::error};
  fields.reply_serial = cause.serial;
  fields.error_name = error_name;
  fields.destination = sender != nullptr ? sender->unique_name() : bus_name;
  fields.signature = "s";
  // In memory of its own: the cause may be a message of the bus, which is still being delivered.
  std::vector<std::uint8_t> body;
  std::vector<std::uint8_t> built;
  wire::BodyWriter(body).string(text);
  const Spoken spoken = compose_into(built, fields, body);
  capture(spoken.message, spoken.frame, nullptr, sender);
}

void Bus::no_reply(const ReplyTable::Call& call, std::string_view text) {
  Peer* caller = peers.find(call.caller);
  if (caller == nullptr) return;
  wire::Message cause;
  cause.serial = call.serial;
  refuse(*caller, cause, "NoReply", text);
}

void Bus::signal(Peer& to, std::string_view member, std::string_view text) {
  body_.clear();
  wire::BodyWriter(body_).string(text);
  wire::HeaderFields fields{.type = wire::MessageType::signal};
  fields.path = bus_path;
  fields.interface = bus_name;
  fields.member = member;
  fields.destination = to.unique_name();
  fields.signature = "s";
  say(to, compose(fields, body_));
}

void Bus::signal_all(std::string_view member, std::span<const std::string_view> texts) {
  body_.clear();
  wire::BodyWriter writer(body_);
  for (const std::string_view text : texts) writer.string(text);
  wire::HeaderFields fields{.type = wire::MessageType::signal};
  fields.path = bus_path;
  fields.interface = bus_name;
  fields.member = member;
  fields.signature = std::string_view("sss").substr(0, texts.size());
  const Spoken spoken = compose(fields, body_);
  if (monitors.count() > 0) capture(spoken.message, spoken.frame, nullptr, nullptr);
  send_copies(nullptr, spoken.message, spoken.frame);
}

}  // namespace headway::broker
