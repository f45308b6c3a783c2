// SPDX-License-Identifier: MIT
#include "broker/decision.h"

#include <fmt/format.h>

#include <utility>

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
    case Decision::Layer::bus:
      return LogKind::refused_by_bus;
  }
  return LogKind::refused_by_policy;
}

std::string or_unknown(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : "unknown";
}

std::string_view or_unset(std::string_view text) { return text.empty() ? "(unset)" : text; }

/// Collects what is there, and leaves out what is not.
class Facts {
 public:
  void put(LogField field, std::string_view key, std::string_view value) {
    if (!value.empty()) facts_.push_back({field, key, value});
  }
  void put(LogField field, std::string_view key, const std::optional<std::uint32_t>& value) {
    if (value) facts_.push_back({field, key, *value});
  }
  void put(LogField field, std::string_view key, std::uint64_t value) {
    facts_.push_back({field, key, value});
  }
  void put(LogField field, std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) facts_.push_back({field, key, std::span<const std::string>(values)});
  }

  void put_serial(LogField field, std::string_view key, std::uint32_t value) {
    if (value != 0) facts_.push_back({field, key, value});
  }

  void put(const Decision::Message& message) {
    put(LogField::message_type, "message_type", message.type);
    put(LogField::path, "path", message.path);
    put(LogField::interface, "interface", message.interface);
    put(LogField::member, "member", message.member);
    put(LogField::error_name, "error_name", message.error_name);
    put(LogField::destination, "destination", message.destination);
    put_serial(LogField::serial, "serial", message.serial);
    put_serial(LogField::reply_serial, "reply_serial", message.reply_serial);
  }
  void put_sender(const Decision::Party& sender) {
    put(LogField::sender, "sender", sender.unique_name);
    put(LogField::each_sender_name, "sender_names", sender.names);
    put(LogField::sender_uid, "sender_uid", sender.uid);
    put(LogField::sender_pid, "sender_pid", sender.pid);
    put(LogField::sender_label, "sender_label", sender.label);
  }
  void put_receiver(const Decision::Party& receiver) {
    put(LogField::receiver, "receiver", receiver.unique_name);
    put(LogField::each_receiver_name, "receiver_names", receiver.names);
    put(LogField::receiver_uid, "receiver_uid", receiver.uid);
    put(LogField::receiver_pid, "receiver_pid", receiver.pid);
    put(LogField::receiver_label, "receiver_label", receiver.label);
  }

  std::vector<Fact> take() { return std::move(facts_); }

 private:
  std::vector<Fact> facts_;
};

void append(LogEntry& entry, const Fact& fact) {
  const auto put = [&](std::string text) {
    entry.fields.emplace_back(fact.field, std::move(text));
  };
  if (const auto* text = std::get_if<std::string_view>(&fact.value)) {
    put(std::string(*text));
  } else if (const auto* texts = std::get_if<std::span<const std::string>>(&fact.value)) {
    for (const std::string& one : *texts) put(one);
  } else if (const auto* number = std::get_if<std::uint32_t>(&fact.value)) {
    put(std::to_string(*number));
  } else {
    put(std::to_string(std::get<std::uint64_t>(fact.value)));
  }
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
    case Decision::Layer::bus:
      return "bus";
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
  if (party.names_left_out > 0) text += fmt::format(" and {} more", party.names_left_out);
  return fmt::format("{} ({})", text, login_of(party));
}

Decision::Message message_of(const wire::Message& message) {
  return {.type = std::string(wire::to_string(message.type)),
          .path = std::string(message.path),
          .interface = std::string(message.interface),
          .member = std::string(message.member),
          .error_name = std::string(message.error_name),
          .destination = std::string(message.destination),
          .serial = message.serial,
          .reply_serial = message.reply_serial};
}

// Without the serial: a refusal that comes again shall say the same again, so that it is counted.
std::string describe(const Decision::Message& message) {
  return fmt::format(
      "type=\"{}\" path=\"{}\" interface=\"{}\" member=\"{}\" error name=\"{}\" destination=\"{}\"",
      message.type, or_unset(message.path), or_unset(message.interface), or_unset(message.member),
      or_unset(message.error_name), or_unset(message.destination));
}

void put_sender(LogEntry& entry, const Decision::Party& sender) {
  Facts facts;
  facts.put_sender(sender);
  for (const Fact& fact : facts.take()) append(entry, fact);
}

std::vector<Fact> facts_of(const Decision& decision) {
  Facts facts;
  facts.put(LogField::layer, "layer", to_string(decision.layer));
  facts.put(LogField::rule, "rule", decision.rule);
  if (!decision.file.empty()) {
    facts.put(LogField::rule_file, "file", decision.file);
    facts.put(LogField::rule_line, "line", std::optional(decision.line));
  }
  facts.put(LogField::each_overridden, "overridden", decision.overridden);
  if (!decision.limit.empty()) {
    facts.put(LogField::limit, "limit", decision.limit);
    facts.put(LogField::limit_value, "limit_value", decision.limit_value);
  }
  facts.put(LogField::holder, "holder", decision.holder);
  facts.put(LogField::holder_uid, "holder_uid", decision.holder_uid);
  facts.put(LogField::name, "name", decision.name);
  if (decision.message) facts.put(*decision.message);
  if (decision.sender) facts.put_sender(*decision.sender);
  if (decision.receiver) facts.put_receiver(*decision.receiver);
  return facts.take();
}

LogEntry log_entry(const Decision& decision) {
  LogEntry entry{.kind = kind_of(decision.layer), .text = decision.text, .fields = {}};
  for (const Fact& fact : facts_of(decision)) append(entry, fact);
  return entry;
}

}  // namespace headway::broker
