// SPDX-License-Identifier: MIT
#include "daemon/link_messages.h"

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/packing.h"

namespace headway::daemon {
namespace {

// One pair of functions per kind of thing, in the order of link_messages.h.

void put(Packer& out, const std::optional<std::uint32_t>& value) {
  out.flag(value.has_value());
  if (value) out.number(*value);
}
void get(Unpacker& in, std::optional<std::uint32_t>& value) {
  if (in.flag()) value = in.number();
}

void put(Packer& out, const broker::Credentials& value) {
  put(out, value.uid);
  put(out, value.pid);
  out.flag(value.groups.has_value());
  if (value.groups) {
    out.number(static_cast<std::uint32_t>(value.groups->size()));
    for (const std::uint32_t group : *value.groups) out.number(group);
  }
  out.text(value.label);
}
void get(Unpacker& in, broker::Credentials& value) {
  get(in, value.uid);
  get(in, value.pid);
  if (in.flag()) {
    auto& groups = value.groups.emplace(in.count(sizeof(std::uint32_t)));
    for (std::uint32_t& group : groups) group = in.number();
  }
  value.label = in.text();
}

void put(Packer& out, const to_broker::Start& value) {
  out.text(value.facts.id);
  out.text(value.facts.machine_id);
  put(out, value.facts.credentials);
  out.text(value.facts.type);
  out.flag(value.facts.systemd_activation);
  out.flag(value.facts.selinux);
  out.flag(value.facts.apparmor);
  out.text(value.config);
  out.flag(value.mechanisms.external);
  out.flag(value.mechanisms.cookie_sha1);
  out.flag(value.mechanisms.anonymous);
  out.text(value.own_user);
  out.number(static_cast<std::uint32_t>(value.listeners.size()));
  for (const auto& listener : value.listeners) {
    out.flag(listener.is_local);
    out.text(listener.guid);
    out.text(listener.nonce);
  }
  out.flag(value.wants_load);
}
void get(Unpacker& in, to_broker::Start& value) {
  value.facts.id = in.text();
  value.facts.machine_id = in.text();
  get(in, value.facts.credentials);
  value.facts.type = in.text();
  value.facts.systemd_activation = in.flag();
  value.facts.selinux = in.flag();
  value.facts.apparmor = in.flag();
  value.config = in.text();
  value.mechanisms.external = in.flag();
  value.mechanisms.cookie_sha1 = in.flag();
  value.mechanisms.anonymous = in.flag();
  value.own_user = in.text();
  value.listeners.resize(in.count(1 + 2 * sizeof(std::uint32_t)));
  for (auto& listener : value.listeners) {
    listener.is_local = in.flag();
    listener.guid = in.text();
    listener.nonce = in.text();
  }
  value.wants_load = in.flag();
}

void put(Packer& out, const to_broker::Config& value) { out.text(value.config); }
void get(Unpacker& in, to_broker::Config& value) { value.config = in.text(); }

void put(Packer& out, const to_broker::ConfigRefused& value) { out.text(value.error); }
void get(Unpacker& in, to_broker::ConfigRefused& value) { value.error = in.text(); }

void put(Packer& out, const broker::PeerId& value) {
  out.number(value.slot);
  out.number(value.generation);
}
void get(Unpacker& in, broker::PeerId& value) {
  value.slot = in.number();
  value.generation = in.number();
}

void put(Packer& out, const to_broker::Cookie& value) {
  put(out, value.peer);
  out.flag(value.cookie.has_value());
  if (!value.cookie) return;
  out.text(value.cookie->context);
  out.number(value.cookie->id);
  out.text(value.cookie->secret);
  out.text(value.cookie->challenge);
}
void get(Unpacker& in, to_broker::Cookie& value) {
  get(in, value.peer);
  if (!in.flag()) return;
  auto& cookie = value.cookie.emplace();
  cookie.context = in.text();
  cookie.id = in.number();
  cookie.secret = in.text();
  cookie.challenge = in.text();
}

void put(Packer& out, const to_broker::User& value) {
  out.number(value.uid);
  out.text(value.name);
}
void get(Unpacker& in, to_broker::User& value) {
  value.uid = in.number();
  value.name = in.text();
}

void put(Packer& out, const to_broker::ServiceFound& value) {
  out.text(value.name);
  out.flag(value.service.has_value());
  if (!value.service) return;
  out.text(value.service->name);
  out.text(value.service->unit);
  out.text(value.service->assumed_label);
}
void get(Unpacker& in, to_broker::ServiceFound& value) {
  value.name = in.text();
  if (!in.flag()) return;
  auto& service = value.service.emplace();
  service.name = in.text();
  service.unit = in.text();
  service.assumed_label = in.text();
}

void put(Packer& out, const to_broker::ServiceFailed& value) {
  out.text(value.name);
  out.text(value.error);
  out.text(value.text);
}
void get(Unpacker& in, to_broker::ServiceFailed& value) {
  value.name = in.text();
  value.error = in.text();
  value.text = in.text();
}

void put(Packer&, const to_broker::Stop&) {}
void get(Unpacker&, to_broker::Stop&) {}

void put(Packer&, const from_broker::Ready&) {}
void get(Unpacker&, from_broker::Ready&) {}

void put(Packer&, const from_broker::ReloadRequest&) {}
void get(Unpacker&, from_broker::ReloadRequest&) {}

void put(Packer&, const from_broker::ConfigInEffect&) {}
void get(Unpacker&, from_broker::ConfigInEffect&) {}

void put(Packer& out, const from_broker::Status& value) {
  out.number(value.load.connections);
  out.number(std::to_underlying(value.load.accepting));
}
void get(Unpacker& in, from_broker::Status& value) {
  value.load.connections = in.number();
  value.load.accepting = in.enumerator(last_accepting);
}

void put(Packer& out, const from_broker::CookieRequest& value) { put(out, value.peer); }
void get(Unpacker& in, from_broker::CookieRequest& value) { get(in, value.peer); }

void put(Packer& out, const from_broker::UserRequest& value) { out.number(value.uid); }
void get(Unpacker& in, from_broker::UserRequest& value) { value.uid = in.number(); }

using Texts = std::vector<std::pair<std::string, std::string>>;
void put(Packer& out, const Texts& value) {
  out.number(static_cast<std::uint32_t>(value.size()));
  for (const auto& [first, second] : value) {
    out.text(first);
    out.text(second);
  }
}
void get(Unpacker& in, Texts& value) {
  value.resize(in.count(2 * sizeof(std::uint32_t)));
  for (auto& [first, second] : value) {
    first = in.text();
    second = in.text();
  }
}

void put(Packer& out, const from_broker::Environment& value) { put(out, value.variables); }
void get(Unpacker& in, from_broker::Environment& value) { get(in, value.variables); }

void put(Packer& out, const from_broker::LookUpService& value) { out.text(value.name); }
void get(Unpacker& in, from_broker::LookUpService& value) { value.name = in.text(); }

void put(Packer& out, const from_broker::StartService& value) { out.text(value.name); }
void get(Unpacker& in, from_broker::StartService& value) { value.name = in.text(); }

void put(Packer& out, const from_broker::ServiceIsThere& value) { out.text(value.name); }
void get(Unpacker& in, from_broker::ServiceIsThere& value) { value.name = in.text(); }

void put(Packer& out, const from_broker::StopStarting& value) { out.text(value.name); }
void get(Unpacker& in, from_broker::StopStarting& value) { value.name = in.text(); }

void put(Packer& out, const from_broker::Log& value) {
  out.number(std::to_underlying(value.entry.kind));
  out.text(value.entry.text);
  out.number(static_cast<std::uint32_t>(value.entry.fields.size()));
  for (const auto& [field, text] : value.entry.fields) {
    out.number(std::to_underlying(field));
    out.text(text);
  }
}
void get(Unpacker& in, from_broker::Log& value) {
  value.entry.kind = in.enumerator(broker::last_log_kind);
  value.entry.text = in.text();
  value.entry.fields.resize(in.count(2 * sizeof(std::uint32_t)));
  for (auto& [field, text] : value.entry.fields) {
    field = in.enumerator(broker::last_log_field);
    text = in.text();
  }
}

void put(Packer& out, const from_broker::Audit& value) { out.text(value.text); }
void get(Unpacker& in, from_broker::Audit& value) { value.text = in.text(); }

template <class Variant>
std::string encode_any(const Variant& message) {
  Packer out;
  out.number(static_cast<std::uint32_t>(message.index()));
  std::visit([&](const auto& value) { put(out, value); }, message);
  return out.take();
}

template <class Variant, std::size_t index = 0>
std::optional<Variant> decode_any(std::uint32_t kind, Unpacker& in) {
  if constexpr (index == std::variant_size_v<Variant>) {
    return std::nullopt;
  } else {
    if (kind != index) return decode_any<Variant, index + 1>(kind, in);
    std::variant_alternative_t<index, Variant> value;
    get(in, value);
    if (!in.done()) return std::nullopt;
    return Variant(std::in_place_index<index>, std::move(value));
  }
}

}  // namespace

std::string encode(const ToBroker& message) { return encode_any(message); }
std::string encode(const FromBroker& message) { return encode_any(message); }

std::optional<ToBroker> decode_to_broker(std::string_view frame) {
  Unpacker in(frame);
  return decode_any<ToBroker>(in.number(), in);
}
std::optional<FromBroker> decode_from_broker(std::string_view frame) {
  Unpacker in(frame);
  return decode_any<FromBroker>(in.number(), in);
}

}  // namespace headway::daemon
