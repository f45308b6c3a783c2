// SPDX-License-Identifier: MIT
#include "daemon/link_messages.h"

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

namespace headway::daemon {
namespace {

/// Numbers as they lie in memory (both ends are one program), texts and lists behind their length.
class Writer {
 public:
  void number(std::uint32_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void flag(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Once something is missing, everything that follows reads as zero, and done() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number() {
    std::uint32_t value = 0;
    const std::string_view bytes = take(sizeof(value));
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  bool flag() {
    const std::string_view byte = take(1);
    if (!byte.empty() && byte[0] != '\0' && byte[0] != '\1') failed_ = true;
    return !failed_ && byte[0] == '\1';
  }
  std::string text() { return std::string(take(number())); }
  /// How many elements follow, each of at least `element_bytes`.
  std::uint32_t count(std::size_t element_bytes) {
    const std::uint32_t value = number();
    if (value > rest_.size() / element_bytes) failed_ = true;
    return failed_ ? 0 : value;
  }
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }
  void fail() { failed_ = true; }

 private:
  std::string_view take(std::size_t bytes) {
    if (failed_ || bytes > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// One of those that go from 0 to `last`.
template <class Enum>
Enum enumerator(Reader& in, Enum last) {
  const std::uint32_t number = in.number();
  if (number > static_cast<std::uint32_t>(last)) in.fail();
  return static_cast<Enum>(number);
}

// One pair of functions per kind of thing, in the order of link_messages.h.

void put(Writer& out, const std::optional<std::uint32_t>& value) {
  out.flag(value.has_value());
  if (value) out.number(*value);
}
void get(Reader& in, std::optional<std::uint32_t>& value) {
  if (in.flag()) value = in.number();
}

void put(Writer& out, const broker::Credentials& value) {
  put(out, value.uid);
  put(out, value.pid);
  out.flag(value.groups.has_value());
  if (value.groups) {
    out.number(static_cast<std::uint32_t>(value.groups->size()));
    for (const std::uint32_t group : *value.groups) out.number(group);
  }
  out.text(value.label);
}
void get(Reader& in, broker::Credentials& value) {
  get(in, value.uid);
  get(in, value.pid);
  if (in.flag()) {
    auto& groups = value.groups.emplace(in.count(sizeof(std::uint32_t)));
    for (std::uint32_t& group : groups) group = in.number();
  }
  value.label = in.text();
}

void put(Writer& out, const to_broker::Start& value) {
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
void get(Reader& in, to_broker::Start& value) {
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

void put(Writer& out, const to_broker::Config& value) { out.text(value.config); }
void get(Reader& in, to_broker::Config& value) { value.config = in.text(); }

void put(Writer& out, const to_broker::ConfigRefused& value) { out.text(value.error); }
void get(Reader& in, to_broker::ConfigRefused& value) { value.error = in.text(); }

void put(Writer& out, const broker::PeerId& value) {
  out.number(value.slot);
  out.number(value.generation);
}
void get(Reader& in, broker::PeerId& value) {
  value.slot = in.number();
  value.generation = in.number();
}

void put(Writer& out, const to_broker::Cookie& value) {
  put(out, value.peer);
  out.flag(value.cookie.has_value());
  if (!value.cookie) return;
  out.text(value.cookie->context);
  out.number(value.cookie->id);
  out.text(value.cookie->secret);
  out.text(value.cookie->challenge);
}
void get(Reader& in, to_broker::Cookie& value) {
  get(in, value.peer);
  if (!in.flag()) return;
  auto& cookie = value.cookie.emplace();
  cookie.context = in.text();
  cookie.id = in.number();
  cookie.secret = in.text();
  cookie.challenge = in.text();
}

void put(Writer& out, const to_broker::User& value) {
  out.number(value.uid);
  out.text(value.name);
}
void get(Reader& in, to_broker::User& value) {
  value.uid = in.number();
  value.name = in.text();
}

void put(Writer& out, const to_broker::ServiceFound& value) {
  out.text(value.name);
  out.flag(value.service.has_value());
  if (!value.service) return;
  out.text(value.service->name);
  out.text(value.service->unit);
  out.text(value.service->assumed_label);
}
void get(Reader& in, to_broker::ServiceFound& value) {
  value.name = in.text();
  if (!in.flag()) return;
  auto& service = value.service.emplace();
  service.name = in.text();
  service.unit = in.text();
  service.assumed_label = in.text();
}

void put(Writer& out, const to_broker::ServiceFailed& value) {
  out.text(value.name);
  out.text(value.error);
  out.text(value.text);
}
void get(Reader& in, to_broker::ServiceFailed& value) {
  value.name = in.text();
  value.error = in.text();
  value.text = in.text();
}

void put(Writer&, const to_broker::Stop&) {}
void get(Reader&, to_broker::Stop&) {}

void put(Writer&, const from_broker::Ready&) {}
void get(Reader&, from_broker::Ready&) {}

void put(Writer&, const from_broker::ReloadRequest&) {}
void get(Reader&, from_broker::ReloadRequest&) {}

void put(Writer&, const from_broker::ConfigInEffect&) {}
void get(Reader&, from_broker::ConfigInEffect&) {}

void put(Writer& out, const from_broker::Status& value) {
  out.number(value.load.connections);
  out.number(std::to_underlying(value.load.accepting));
}
void get(Reader& in, from_broker::Status& value) {
  value.load.connections = in.number();
  value.load.accepting = enumerator(in, last_accepting);
}

void put(Writer& out, const from_broker::CookieRequest& value) { put(out, value.peer); }
void get(Reader& in, from_broker::CookieRequest& value) { get(in, value.peer); }

void put(Writer& out, const from_broker::UserRequest& value) { out.number(value.uid); }
void get(Reader& in, from_broker::UserRequest& value) { value.uid = in.number(); }

using Texts = std::vector<std::pair<std::string, std::string>>;
void put(Writer& out, const Texts& value) {
  out.number(static_cast<std::uint32_t>(value.size()));
  for (const auto& [first, second] : value) {
    out.text(first);
    out.text(second);
  }
}
void get(Reader& in, Texts& value) {
  value.resize(in.count(2 * sizeof(std::uint32_t)));
  for (auto& [first, second] : value) {
    first = in.text();
    second = in.text();
  }
}

void put(Writer& out, const from_broker::Environment& value) { put(out, value.variables); }
void get(Reader& in, from_broker::Environment& value) { get(in, value.variables); }

void put(Writer& out, const from_broker::LookUpService& value) { out.text(value.name); }
void get(Reader& in, from_broker::LookUpService& value) { value.name = in.text(); }

void put(Writer& out, const from_broker::StartService& value) { out.text(value.name); }
void get(Reader& in, from_broker::StartService& value) { value.name = in.text(); }

void put(Writer& out, const from_broker::ServiceIsThere& value) { out.text(value.name); }
void get(Reader& in, from_broker::ServiceIsThere& value) { value.name = in.text(); }

void put(Writer& out, const from_broker::StopStarting& value) { out.text(value.name); }
void get(Reader& in, from_broker::StopStarting& value) { value.name = in.text(); }

void put(Writer& out, const from_broker::Log& value) {
  out.number(std::to_underlying(value.entry.kind));
  out.text(value.entry.text);
  out.number(static_cast<std::uint32_t>(value.entry.fields.size()));
  for (const auto& [field, text] : value.entry.fields) {
    out.number(std::to_underlying(field));
    out.text(text);
  }
}
void get(Reader& in, from_broker::Log& value) {
  value.entry.kind = enumerator(in, broker::last_log_kind);
  value.entry.text = in.text();
  value.entry.fields.resize(in.count(2 * sizeof(std::uint32_t)));
  for (auto& [field, text] : value.entry.fields) {
    field = enumerator(in, broker::last_log_field);
    text = in.text();
  }
}

void put(Writer& out, const from_broker::Audit& value) { out.text(value.text); }
void get(Reader& in, from_broker::Audit& value) { value.text = in.text(); }

template <class Variant>
std::string encode_any(const Variant& message) {
  Writer out;
  out.number(static_cast<std::uint32_t>(message.index()));
  std::visit([&](const auto& value) { put(out, value); }, message);
  return out.take();
}

template <class Variant, std::size_t index = 0>
std::optional<Variant> decode_any(std::uint32_t kind, Reader& in) {
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
  Reader in(frame);
  return decode_any<ToBroker>(in.number(), in);
}
std::optional<FromBroker> decode_from_broker(std::string_view frame) {
  Reader in(frame);
  return decode_any<FromBroker>(in.number(), in);
}

}  // namespace headway::daemon
