// SPDX-License-Identifier: MIT
#include "message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace bench {
namespace {

constexpr std::string_view kDriver = "org.freedesktop.DBus";
constexpr std::string_view kProperties = "org.freedesktop.DBus.Properties";
constexpr std::string_view kWatched = "org.headway.bench.watched";
constexpr std::string_view kOwnerChanged =
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
    "member='NameOwnerChanged',path='/org/freedesktop/DBus'";
constexpr std::size_t kSerialAt = 8;
constexpr std::size_t kFieldsAt = 16;
constexpr std::uint8_t kNoAutoStart = 2;

void align(std::string& bytes, std::size_t to) {
  bytes.append((to - bytes.size() % to) % to, '\0');
}

void append_u32(std::string& bytes, std::uint32_t value) {
  align(bytes, 4);
  bytes.append(4, '\0');
  patch_u32(bytes.data() + bytes.size() - 4, value);
}

void append_string(std::string& bytes, std::string_view text) {
  append_u32(bytes, static_cast<std::uint32_t>(text.size()));
  bytes.append(text).push_back('\0');
}

/// A body of about `bytes` bytes, of one of a few usual signatures.
struct Variant {
  std::string_view signature;
  Body body;
};

Variant small_body(unsigned i) {
  constexpr std::string_view words = "a reading of the third sensor";
  switch (i % 5) {
    case 0:
      return {"s", Body{}.string(words.substr(0, 11))};  // 16
    case 1:
      return {"uu", Body{}.u32(i).u32(7)};  // 8
    case 2:
      return {"us", Body{}.u32(i).string(words.substr(0, 5 + i % 7))};  // 14..20
    case 3:
      return {"ay", Body{}.bytes(8 + i % 9)};  // 12..20
    default:
      return {"ss", Body{}.string("rpm").string(words.substr(0, 3 + i % 9))};  // 16..24
  }
}

}  // namespace

void patch_u32(char* at, std::uint32_t value) { std::memcpy(at, &value, sizeof value); }

std::uint32_t read_u32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

Body& Body::u32(std::uint32_t value) {
  append_u32(data_, value);
  return *this;
}

Body& Body::string(std::string_view text) {
  append_string(data_, text);
  return *this;
}

Body& Body::bytes(std::size_t count) {
  append_u32(data_, static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) data_.push_back(static_cast<char>(i * 31));
  return *this;
}

Body& Body::empty_dict() {
  append_u32(data_, 0);
  align(data_, 8);
  return *this;
}

Body& Body::empty_strings() { return u32(0); }

Builder::Builder(Type type, std::uint8_t flags) : bytes_(kFieldsAt, '\0') {
  bytes_[0] = 'l';
  bytes_[1] = static_cast<char>(type);
  bytes_[2] = static_cast<char>(flags);
  bytes_[3] = 1;
  patch_u32(bytes_.data() + kSerialAt, 1);
}

void Builder::field(char code, char type) {
  align(bytes_, 8);
  bytes_.append({code, 1, type, 0});
}

Builder& Builder::text(char code, char type, std::string_view value) {
  field(code, type);
  append_string(bytes_, value);
  return *this;
}

Builder& Builder::reply_serial() {
  field(5, 'u');
  reply_serial_at_ = bytes_.size();
  append_u32(bytes_, 1);
  return *this;
}

Builder& Builder::signature(std::string_view value) {
  field(8, 'g');
  bytes_.push_back(static_cast<char>(value.size()));
  bytes_.append(value).push_back('\0');
  return *this;
}

Builder& Builder::unix_fds(std::uint32_t count) {
  field(9, 'u');
  append_u32(bytes_, count);
  return *this;
}

Message Builder::finish(const Body& body) {
  patch_u32(bytes_.data() + 4, static_cast<std::uint32_t>(body.data().size()));
  patch_u32(bytes_.data() + 12, static_cast<std::uint32_t>(bytes_.size() - kFieldsAt));
  align(bytes_, 8);
  bytes_.append(body.data());
  return {std::move(bytes_), reply_serial_at_};
}

std::vector<Message> calls(std::string_view unique, std::string_view well_known, unsigned seed,
                           std::uint32_t fds) {
  constexpr std::array<std::string_view, 5> members = {"Get", "Read", "SetTarget", "Measure",
                                                       "ListSensors"};
  std::vector<Message> made;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned mix = i + seed * 5;
    const auto [signature, body] = small_body(mix);
    const std::string path = fmt::format("{}/sensor{}", kPathRoot, mix % 13);
    const std::string_view to = i % 4 == 3 ? well_known : unique;
    Builder call(Type::call, mix % 3 == 0 ? kNoAutoStart : std::uint8_t{0});
    const bool path_first = mix % 2 == 0;
    if (path_first) call.path(path).destination(to);
    if (mix % 7 != 6) call.interface(kInterface);
    call.member(members[mix % members.size()]);
    if (!path_first) call.destination(to).path(path);
    call.signature(fds > 0 ? "h" : signature);
    if (fds > 0) call.unix_fds(fds);
    made.push_back(call.finish(fds > 0 ? Body{}.u32(0) : body));
  }
  return made;
}

std::vector<Message> replies(std::string_view unique, unsigned seed) {
  constexpr std::uint8_t no_reply_expected = 1;
  std::vector<Message> made;
  for (unsigned i = 0; i < 15; ++i) {
    const unsigned mix = i + seed * 3;
    const auto [signature, body] = small_body(mix + 2);
    Builder reply(Type::reply, no_reply_expected);
    if (mix % 2 == 0) reply.reply_serial().destination(unique);
    if (mix % 4 == 1) reply.destination(unique).reply_serial();
    if (mix % 4 != 3) {
      reply.signature(signature);
    } else {
      reply.signature(signature).destination(unique).reply_serial();
    }
    made.push_back(reply.finish(body));
  }
  return made;
}

std::vector<Message> sized_calls(std::string_view unique, std::size_t body_bytes) {
  constexpr std::size_t array_bytes_max = std::size_t{1} << 26;
  std::vector<Message> made;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t wanted = body_bytes - body_bytes / 16 + i * (body_bytes / 32);
    const std::size_t size = std::min(wanted - std::min<std::size_t>(wanted, 4), array_bytes_max);
    made.push_back(Builder(Type::call)
                       .path(kPathRoot)
                       .destination(unique)
                       .interface(kInterface)
                       .member("Store")
                       .signature("ay")
                       .finish(Body{}.bytes(size)));
  }
  return made;
}

std::vector<Message> signals(unsigned seed) {
  constexpr std::array<std::string_view, 4> members = {"Tick", "Changed", "Overheated", "Gone"};
  std::vector<Message> made;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned mix = i + seed;
    const auto [signature, body] = small_body(mix);
    Builder signal(Type::signal, mix % 2 == 0 ? std::uint8_t{1} : std::uint8_t{0});
    if (mix % 3 == 0) signal.signature(signature);
    signal.path(fmt::format("{}/sensor{}", kPathRoot, mix % 11)).interface(kInterface);
    signal.member(members[mix % members.size()]);
    if (mix % 3 != 0) signal.signature(signature);
    made.push_back(signal.finish(body));
  }
  return made;
}

std::string signal_rule(unsigned i, std::string_view sender) {
  switch (i % 4) {
    case 0:
      return fmt::format("type='signal',interface='{}'", kInterface);
    case 1:
      return fmt::format("type='signal',sender='{}',interface='{}'", sender, kInterface);
    case 2:
      return fmt::format("interface='{}',path_namespace='{}'", kInterface, kPathRoot);
    default:
      return fmt::format("type='signal',sender='{}'", sender);
  }
}

std::vector<Message> property_signals() {
  std::vector<Message> made;
  for (unsigned i = 0; i < 16; ++i) {
    made.push_back(Builder(Type::signal, 1)
                       .path(fmt::format("{}/sensor{}", kPathRoot, i))
                       .interface(kProperties)
                       .member("PropertiesChanged")
                       .signature("sa{sv}as")
                       .finish(Body{}
                                   .string(fmt::format("org.headway.bench.Kind{}", i))
                                   .empty_dict()
                                   .empty_strings()));
  }
  return made;
}

std::string property_rule(std::string_view sender) {
  return fmt::format("type='signal',sender='{}',interface='{}',member='PropertiesChanged'", sender,
                     kProperties);
}

std::string other_rule(unsigned i) {
  const std::string changed =
      fmt::format("type='signal',interface='{}',member='PropertiesChanged'", kProperties);
  switch (i % 10) {
    case 0:
      return fmt::format("{},path='/org/example/device{}'", changed, i);
    case 1:
      return fmt::format("type='signal',path='/org/example/unit{}',interface='{}'", i, kProperties);
    case 2:
      return fmt::format("{},path_namespace='/org/example/tree{}'", changed, i);
    case 3:
      return fmt::format("{},arg0namespace='org.example.family{}'", changed, i);
    case 4:
      return fmt::format(
          "type='signal',sender='{0}',interface='{0}',member='NameOwnerChanged',arg0="
          "'org.example.Service{1}'",
          kDriver, i);
    default:
      return fmt::format("{},arg0='org.example.Kind{}'", changed, i);
  }
}

std::string watched_name(unsigned i) { return fmt::format("{}.Name{}", kWatched, i); }

std::string watch_rule(unsigned i) {
  return fmt::format("{},arg0='{}'", kOwnerChanged, watched_name(i));
}

std::string watch_namespace_rule() {
  return fmt::format("{},arg0namespace='{}'", kOwnerChanged, kWatched);
}

Message driver_call(std::string_view member) {
  return Builder(Type::call)
      .path("/org/freedesktop/DBus")
      .destination(kDriver)
      .interface(kDriver)
      .member(member)
      .finish();
}

Message driver_call(std::string_view member, std::string_view argument) {
  return Builder(Type::call)
      .path("/org/freedesktop/DBus")
      .destination(kDriver)
      .interface(kDriver)
      .member(member)
      .signature("s")
      .finish(Body{}.string(argument));
}

Message request_name(std::string_view name, std::uint32_t flags) {
  return Builder(Type::call)
      .path("/org/freedesktop/DBus")
      .destination(kDriver)
      .interface(kDriver)
      .member("RequestName")
      .signature("su")
      .finish(Body{}.string(name).u32(flags));
}

}  // namespace bench
