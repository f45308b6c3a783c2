// SPDX-License-Identifier: MIT
// org.headway.Bus1: why things were refused, and what policy says of what nobody has sent yet. What
// the keys mean is in docs/refusals.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "broker/driver.h"

namespace headway::broker {
namespace {

class Dictionary {
 public:
  explicit Dictionary(wire::BodyWriter& out) : out_(out), entries_(out.open_array('{')) {}
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  ~Dictionary() { out_.close_array(entries_); }

  void put(std::string_view key, std::string_view value) {
    begin(key, "s");
    out_.string(value);
  }
  void put(std::string_view key, std::uint32_t value) {
    begin(key, "u");
    out_.uint32(value);
  }
  void put(std::string_view key, std::uint64_t value) {
    begin(key, "t");
    out_.uint64(value);
  }
  void put(std::string_view key, std::span<const std::string> values) {
    begin(key, "as");
    const auto array = out_.open_array('s');
    for (const std::string& value : values) out_.string(value);
    out_.close_array(array);
  }
  void put_flag(std::string_view key, bool value) {
    begin(key, "b");
    out_.boolean(value);
  }
  void put_facts(const Decision& decision) {
    put("text", decision.text);
    for (const Fact& fact : facts_of(decision)) {
      std::visit([&](const auto& value) { put(fact.key, value); }, fact.value);
    }
  }

 private:
  void begin(std::string_view key, std::string_view signature) {
    out_.begin_struct();
    out_.string(key);
    out_.signature(signature);
  }

  wire::BodyWriter& out_;
  wire::BodyWriter::Array entries_;
};

void write_refusal(wire::BodyWriter& out, const Decision& decision) {
  Dictionary dictionary(out);
  dictionary.put("number", decision.number);
  const auto when =
      std::chrono::duration_cast<std::chrono::microseconds>(decision.when.time_since_epoch());
  dictionary.put("monotonic_usec", static_cast<std::uint64_t>(when.count()));
  dictionary.put_facts(decision);
}

void write_verdict(wire::BodyWriter& out, const Decision& decision, bool allowed) {
  Dictionary dictionary(out);
  dictionary.put_flag("allowed", allowed);
  dictionary.put_facts(decision);
}

/// Whether somebody of this user was refused something, or kept from receiving something.
bool concerns(const Decision& decision, std::uint32_t uid) {
  return (decision.sender && decision.sender->uid == uid) ||
         (decision.receiver && decision.receiver->uid == uid);
}

constexpr std::array<std::string_view, 4> message_types{"method_call", "method_return", "error",
                                                        "signal"};

}  // namespace

/// What Explain is asked. Views into the message that asks; none: not said.
struct Driver::Question {
  std::string_view sender;  // a name; none: the caller
  std::string_view name;    // may the sender own it? Or else:
  std::string_view destination;
  std::string_view type = message_types.front();
  std::string_view path;
  std::string_view interface;
  std::string_view member;
  std::string_view error_name;
  std::uint32_t fds = 0;
  bool broadcast = false;       // of a signal: destination is who would receive it
  bool requested_reply = true;  // of a reply

  /// Takes one entry of the dictionary. False: there is no such key, or not of this type.
  bool take(std::string_view key, std::string_view signature, wire::BodyReader& value);
  [[nodiscard]] wire::Message message() const;
};

bool Driver::Question::take(std::string_view key, std::string_view signature,
                            wire::BodyReader& value) {
  struct Text {
    std::string_view key;
    std::string_view Question::* field;
  };
  static constexpr auto texts = std::to_array<Text>({{"sender", &Question::sender},
                                                     {"name", &Question::name},
                                                     {"destination", &Question::destination},
                                                     {"message_type", &Question::type},
                                                     {"path", &Question::path},
                                                     {"interface", &Question::interface},
                                                     {"member", &Question::member},
                                                     {"error_name", &Question::error_name}});
  if (const auto text = std::ranges::find(texts, key, &Text::key); text != texts.end()) {
    if (signature == "s") this->*text->field = value.string();
    return signature == "s";
  }
  if (key == "fds" && signature == "u") {
    fds = value.uint32();
  } else if (key == "broadcast" && signature == "b") {
    broadcast = value.boolean();
  } else if (key == "requested_reply" && signature == "b") {
    requested_reply = value.boolean();
  } else {
    return false;
  }
  return true;
}

wire::Message Driver::Question::message() const {
  wire::Message message;
  const auto place = std::ranges::find(message_types, type) - message_types.begin();
  message.type = static_cast<wire::MessageType>(place + 1);
  message.unix_fds = fds;
  const auto set = [](std::string_view& field, std::string_view value) {
    if (!value.empty()) field = value;
  };
  set(message.path, path);
  set(message.interface, interface);
  set(message.member, member);
  set(message.error_name, error_name);
  if (!broadcast) set(message.destination, destination);
  return message;
}

Driver::Outcome Driver::list_refusals(Call& call, Reply& reply) {
  const std::uint64_t after = call.arguments.uint64();
  const bool sees_all = bus_.is_privileged(call.caller);
  const auto uid = call.caller.credentials.uid;
  const bool sees_own = uid && !call.caller.is_anonymous;
  const auto list = reply.out.open_array('a');
  for (const Decision& decision : bus_.refusals) {
    if (decision.number <= after) continue;
    if (sees_all || (sees_own && concerns(decision, *uid))) write_refusal(reply.out, decision);
  }
  reply.out.close_array(list);
  return {};
}

Driver::Outcome Driver::explain(Call& call, Reply& reply) {
  Question question;
  const std::size_t end = call.arguments.open_array('{');
  while (!call.arguments.at_end(end)) {
    call.arguments.begin_struct();
    const std::string_view key = call.arguments.string();
    const std::string_view signature = call.arguments.signature();
    if (question.take(key, signature, call.arguments)) continue;
    return refused("InvalidArgs",
                   fmt::format("A question has no key {} of type {}", key, signature));
  }
  if (std::ranges::find(message_types, question.type) == message_types.end()) {
    return refused("InvalidArgs", fmt::format("There is no message type {}", question.type));
  }
  const Peer* sender = question.sender.empty() ? &call.caller : bus_.resolve(question.sender);
  if (sender == nullptr) return no_owner(question.sender);
  const bool is_own = !call.caller.is_anonymous && call.caller.credentials.uid &&
                      sender->credentials.uid == call.caller.credentials.uid;
  if (!is_own && sender != &call.caller && !bus_.is_privileged(call.caller)) {
    return refused("AccessDenied",
                   fmt::format("What {} may do is for its own user, root and the bus's own user "
                               "to know",
                               question.sender));
  }

  const auto list = reply.out.open_array('a');
  Outcome outcome;
  if (!question.name.empty()) {
    const Verdict verdict = sender->policy->may_own(question.name);
    write_verdict(reply.out, bus_.record_own(*sender, question.name, verdict), verdict.allowed);
  } else {
    outcome = explain_sending(question, sender, reply.out);
  }
  reply.out.close_array(list);
  return outcome;
}

/// What Bus::check() asks, but for the security modules: they keep a record of every question.
Driver::Outcome Driver::explain_sending(const Question& question, const Peer* sender,
                                        wire::BodyWriter& out) {
  if (question.destination.empty()) {
    return refused("InvalidArgs", "The question is about no destination and no name");
  }
  const wire::Message message = question.message();
  const Delivery delivery{.message = message,
                          .requested_reply = message.is_reply() && question.requested_reply,
                          .broadcast = question.broadcast,
                          .fds = question.fds};
  const bool to_bus = question.destination == bus_name;
  const Peer* receiver = to_bus ? nullptr : bus_.resolve(question.destination);
  const Bus::Proposal proposal{sender, receiver, &delivery};

  std::vector<PolicyKey> absent_keys;
  const bool is_absent = !to_bus && receiver == nullptr;
  if (is_absent && question.broadcast) return no_owner(question.destination);
  if (is_absent) bus_.policy->keys_of(question.destination, absent_keys);
  std::span<const PolicyKey> keys =
      to_bus ? std::span<const PolicyKey>(bus_.bus_keys) : absent_keys;
  if (receiver != nullptr) keys = receiver->keys;
  const Verdict sending = sender->policy->may_send(delivery, keys);
  write_verdict(out,
                bus_.record_policy(Decision::Layer::policy_send, proposal, sending,
                                   is_absent ? std::optional(keys) : std::nullopt),
                sending.allowed);

  if (receiver == nullptr) return {};
  const Verdict receiving = receiver->policy->may_receive(delivery, sender->keys);
  write_verdict(out, bus_.record_policy(Decision::Layer::policy_receive, proposal, receiving),
                receiving.allowed);
  return {};
}

}  // namespace headway::broker
