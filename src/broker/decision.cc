// SPDX-License-Identifier: MIT
#include "broker/decision.h"

#include <fmt/format.h>

#include <string_view>

namespace headway::broker {
namespace {

LogKind kind_of(Decision::Layer layer) {
  switch (layer) {
    case Decision::Layer::policy_send:
    case Decision::Layer::policy_receive:
    case Decision::Layer::policy_own:
    case Decision::Layer::policy_connect:
      return LogKind::refused_by_policy;
    case Decision::Layer::lsm:
      return LogKind::refused_by_lsm;
    case Decision::Layer::quota:
      return LogKind::refused_by_quota;
  }
  return LogKind::refused_by_policy;
}

std::string or_unknown(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : "unknown";
}

std::string_view or_unset(std::string_view text) { return text.empty() ? "(unset)" : text; }

/// Puts what is there, and leaves out what is not.
class Fields {
 public:
  explicit Fields(LogEntry& entry) : entry_(entry) {}

  void put(LogField field, std::string_view value) {
    if (!value.empty()) entry_.fields.emplace_back(field, value);
  }
  void put(LogField field, std::uint64_t value) { put(field, std::to_string(value)); }
  void put(LogField field, const std::optional<std::uint32_t>& value) {
    if (value) put(field, std::uint64_t{*value});
  }
  void put_each(LogField field, const std::vector<std::string>& values) {
    for (const std::string& value : values) put(field, value);
  }

 private:
  LogEntry& entry_;
};

void put_message(Fields& fields, const Decision::Message& message) {
  fields.put(LogField::message_type, message.type);
  fields.put(LogField::path, message.path);
  fields.put(LogField::interface, message.interface);
  fields.put(LogField::member, message.member);
  fields.put(LogField::error_name, message.error_name);
  fields.put(LogField::destination, message.destination);
  fields.put(LogField::serial, std::uint64_t{message.serial});
}

void put_receiver(Fields& fields, const Decision::Party& receiver) {
  fields.put(LogField::receiver, receiver.unique_name);
  fields.put_each(LogField::each_receiver_name, receiver.names);
  fields.put(LogField::receiver_uid, receiver.uid);
  fields.put(LogField::receiver_pid, receiver.pid);
  fields.put(LogField::receiver_label, receiver.label);
}

}  // namespace

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

std::string login_of(const Decision::Party& party) {
  std::string text = fmt::format("uid={} pid={}", or_unknown(party.uid), or_unknown(party.pid));
  if (!party.label.empty()) text += fmt::format(" label=\"{}\"", party.label);
  return text;
}

std::string describe(const Decision::Party& party) {
  if (party.is_absent()) return fmt::format("{} (not running)", party.names.front());
  std::string text = party.unique_name.empty() ? "a connection without a name" : party.unique_name;
  for (const std::string& name : party.names) text += fmt::format(" {}", name);
  return fmt::format("{} ({})", text, login_of(party));
}

Decision::Message message_of(const wire::Message& message) {
  return {.type = std::string(wire::to_string(message.type)),
          .path = std::string(message.path),
          .interface = std::string(message.interface),
          .member = std::string(message.member),
          .error_name = std::string(message.error_name),
          .destination = std::string(message.destination),
          .serial = message.serial};
}

// Without the serial: a refusal that comes again shall say the same again, so that it is counted.
std::string describe(const Decision::Message& message) {
  return fmt::format(
      "type=\"{}\" path=\"{}\" interface=\"{}\" member=\"{}\" error name=\"{}\" destination=\"{}\"",
      message.type, or_unset(message.path), or_unset(message.interface), or_unset(message.member),
      or_unset(message.error_name), or_unset(message.destination));
}

void put_sender(LogEntry& entry, const Decision::Party& sender) {
  Fields fields(entry);
  fields.put(LogField::sender, sender.unique_name);
  fields.put_each(LogField::each_sender_name, sender.names);
  fields.put(LogField::sender_uid, sender.uid);
  fields.put(LogField::sender_pid, sender.pid);
  fields.put(LogField::sender_label, sender.label);
}

LogEntry log_entry(const Decision& decision) {
  LogEntry entry{.kind = kind_of(decision.layer), .text = decision.text, .fields = {}};
  Fields fields(entry);
  fields.put(LogField::layer, to_string(decision.layer));
  fields.put(LogField::rule, decision.rule);
  if (!decision.file.empty()) {
    fields.put(LogField::rule_file, decision.file);
    fields.put(LogField::rule_line, std::uint64_t{decision.line});
  }
  fields.put_each(LogField::each_overridden, decision.overridden);
  if (!decision.limit.empty()) {
    fields.put(LogField::limit, decision.limit);
    fields.put(LogField::limit_value, decision.limit_value);
  }
  fields.put(LogField::holder, decision.holder);
  fields.put(LogField::holder_uid, decision.holder_uid);
  fields.put(LogField::name, decision.name);
  if (decision.message) put_message(fields, *decision.message);
  if (decision.sender) put_sender(entry, *decision.sender);
  if (decision.receiver) put_receiver(fields, *decision.receiver);
  return entry;
}

}  // namespace headway::broker
