// SPDX-License-Identifier: MIT
#include "authority/worker_messages.h"

#include <utility>

#include "base/packing.h"

namespace headway::authority {
namespace {

constexpr std::size_t number_bytes = sizeof(std::uint32_t);

// One pair of functions per kind of thing, in the order of worker_messages.h.

// What lists are made of.
using Pair = std::pair<std::string, std::string>;
void put(Packer& out, const std::string& value);
void get(Unpacker& in, std::string& value);
void put(Packer& out, const Pair& value);
void get(Unpacker& in, Pair& value);
void put(Packer& out, const RuleFile& value);
void get(Unpacker& in, RuleFile& value);
void put(Packer& out, const from_worker::Place& value);
void get(Unpacker& in, from_worker::Place& value);
void put(Packer& out, const from_worker::Problem& value);
void get(Unpacker& in, from_worker::Problem& value);

template <class T>
void put(Packer& out, const std::vector<T>& values) {
  out.number(static_cast<std::uint32_t>(values.size()));
  for (const T& value : values) put(out, value);
}
template <class T>
void get(Unpacker& in, std::vector<T>& values) {
  // Nothing that lists hold takes less than a number.
  values.resize(in.count(number_bytes));
  for (T& value : values) get(in, value);
}

void put(Packer& out, const std::string& value) { out.text(value); }
void get(Unpacker& in, std::string& value) { value = in.text(); }

void put(Packer& out, const std::optional<std::string>& value) {
  out.flag(value.has_value());
  if (value) out.text(*value);
}
void get(Unpacker& in, std::optional<std::string>& value) {
  if (in.flag()) value = in.text();
}

void put(Packer& out, const Pair& value) {
  out.text(value.first);
  out.text(value.second);
}
void get(Unpacker& in, Pair& value) {
  value.first = in.text();
  value.second = in.text();
}

void put(Packer& out, const RuleFile& value) {
  out.text(value.path);
  out.text(value.text);
}
void get(Unpacker& in, RuleFile& value) {
  value.path = in.text();
  value.text = in.text();
}

void put(Packer& out, const to_worker::Load& value) { put(out, value.files); }
void get(Unpacker& in, to_worker::Load& value) { get(in, value.files); }

void put(Packer& out, const RuleSubject& value) {
  out.number(value.pid);
  out.number(value.uid);
  out.text(value.user);
  put(out, value.groups);
  put(out, value.seat);
  put(out, value.session);
  out.flag(value.local);
  out.flag(value.active);
  put(out, value.system_unit);
  out.flag(value.no_new_privs);
}
void get(Unpacker& in, RuleSubject& value) {
  value.pid = in.number();
  value.uid = in.number();
  value.user = in.text();
  get(in, value.groups);
  get(in, value.seat);
  get(in, value.session);
  value.local = in.flag();
  value.active = in.flag();
  get(in, value.system_unit);
  value.no_new_privs = in.flag();
}

void put(Packer& out, const to_worker::Ask& value) {
  out.number(value.serial);
  out.flag(value.for_admins);
  out.text(value.query.action_id);
  put(out, value.query.details);
  put(out, value.query.subject);
}
void get(Unpacker& in, to_worker::Ask& value) {
  value.serial = in.number();
  value.for_admins = in.flag();
  value.query.action_id = in.text();
  get(in, value.query.details);
  get(in, value.query.subject);
}

void put(Packer& out, const to_worker::Spawned& value) {
  out.flag(value.succeeded);
  out.text(value.text);
}
void get(Unpacker& in, to_worker::Spawned& value) {
  value.succeeded = in.flag();
  value.text = in.text();
}

void put(Packer& out, const to_worker::Netgroup& value) { out.flag(value.is_member); }
void get(Unpacker& in, to_worker::Netgroup& value) { value.is_member = in.flag(); }

void put(Packer& out, const from_worker::Place& value) {
  out.number(value.file);
  out.number(value.line);
}
void get(Unpacker& in, from_worker::Place& value) {
  value.file = in.number();
  value.line = in.number();
}

void put(Packer& out, const from_worker::Problem& value) {
  out.number(value.file);
  out.number(value.line);
  out.text(value.text);
}
void get(Unpacker& in, from_worker::Problem& value) {
  value.file = in.number();
  value.line = in.number();
  value.text = in.text();
}

void put(Packer& out, const from_worker::Loaded& value) {
  put(out, value.rules);
  put(out, value.admin_rules);
  put(out, value.problems);
  put(out, value.not_confined);
}
void get(Unpacker& in, from_worker::Loaded& value) {
  get(in, value.rules);
  get(in, value.admin_rules);
  get(in, value.problems);
  get(in, value.not_confined);
}

void put(Packer& out, const from_worker::Decided& value) {
  out.number(value.serial);
  out.number(static_cast<std::uint32_t>(value.verdict));
  out.number(value.asked);
  out.text(value.error);
  out.flag(value.is_crowded);
}
void get(Unpacker& in, from_worker::Decided& value) {
  value.serial = in.number();
  value.verdict = in.enumerator(Verdict::auth_admin_keep);
  value.asked = in.number();
  value.error = in.text();
  value.is_crowded = in.flag();
}

void put(Packer& out, const from_worker::AdminsNamed& value) {
  out.number(value.serial);
  put(out, value.identities);
  out.number(value.asked);
  out.flag(value.decided);
  out.text(value.error);
  out.flag(value.is_crowded);
}
void get(Unpacker& in, from_worker::AdminsNamed& value) {
  value.serial = in.number();
  get(in, value.identities);
  value.asked = in.number();
  value.decided = in.flag();
  value.error = in.text();
  value.is_crowded = in.flag();
}

void put(Packer& out, const from_worker::Log& value) { out.text(value.text); }
void get(Unpacker& in, from_worker::Log& value) { value.text = in.text(); }

void put(Packer& out, const from_worker::Spawn& value) { put(out, value.arguments); }
void get(Unpacker& in, from_worker::Spawn& value) { get(in, value.arguments); }

void put(Packer& out, const from_worker::AskNetgroup& value) {
  out.text(value.user);
  out.text(value.netgroup);
}
void get(Unpacker& in, from_worker::AskNetgroup& value) {
  value.user = in.text();
  value.netgroup = in.text();
}

template <class Message>
std::string encode_any(const Message& message) {
  Packer out;
  out.number(static_cast<std::uint32_t>(message.index()));
  std::visit([&](const auto& value) { put(out, value); }, message);
  return out.take();
}

template <class Message, std::size_t index = 0>
bool get_alternative(Unpacker& in, Message& message, std::size_t wanted) {
  if constexpr (index < std::variant_size_v<Message>) {
    if (index != wanted) return get_alternative<Message, index + 1>(in, message, wanted);
    get(in, message.template emplace<index>());
    return in.done();
  }
  return false;
}

template <class Message>
std::optional<Message> decode_any(std::string_view bytes) {
  Unpacker in(bytes);
  std::optional<Message> message(std::in_place);
  const std::uint32_t index = in.number();
  if (!get_alternative(in, *message, index)) message.reset();
  return message;
}

}  // namespace

std::string encode(const ToWorker& message) { return encode_any(message); }
std::string encode(const FromWorker& message) { return encode_any(message); }
std::optional<ToWorker> decode_to_worker(std::string_view bytes) {
  return decode_any<ToWorker>(bytes);
}
std::optional<FromWorker> decode_from_worker(std::string_view bytes) {
  return decode_any<FromWorker>(bytes);
}

}  // namespace headway::authority
