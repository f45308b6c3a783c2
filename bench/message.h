// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A D-Bus message as bytes, little-endian, made once before a run; only its serial (and the serial
/// it answers) is patched per use. Written by hand and not with src/wire, so that the load does not
/// change with the code it measures.
struct Message {
  std::string bytes;
  std::size_t reply_serial_at = 0;  // 0: answers nothing
};

enum class Type : std::uint8_t { call = 1, reply = 2, error = 3, signal = 4 };

/// Writes a body. Bodies start 8-aligned, so alignment within it is alignment in the message.
class Body {
 public:
  Body& u32(std::uint32_t value);
  Body& string(std::string_view text);
  Body& bytes(std::size_t count);  // ay
  Body& empty_dict();              // a{sv} without entries
  Body& empty_strings();           // as without entries

  [[nodiscard]] const std::string& data() const { return data_; }

 private:
  std::string data_;
};

/// Writes a message; header fields stand in the order in which they are added.
class Builder {
 public:
  explicit Builder(Type type, std::uint8_t flags = 0);
  Builder& path(std::string_view value) { return text(1, 'o', value); }
  Builder& interface(std::string_view value) { return text(2, 's', value); }
  Builder& member(std::string_view value) { return text(3, 's', value); }
  Builder& reply_serial();
  Builder& destination(std::string_view value) { return text(6, 's', value); }
  Builder& signature(std::string_view value);
  Builder& unix_fds(std::uint32_t count);
  [[nodiscard]] Message finish(const Body& body = {});

 private:
  Builder& text(char code, char type, std::string_view value);
  void field(char code, char type);

  std::string bytes_;
  std::size_t reply_serial_at_ = 0;
};

void patch_u32(char* at, std::uint32_t value);
std::uint32_t read_u32(const char* at);

/// The calls one client makes, in turn: path, interface (or none), member, body, order of fields
/// and flags differ; bodies are 16 bytes on average. Every fourth goes to `well_known`, the others
/// to `unique`. `fds` is the count of descriptors each claims to carry.
std::vector<Message> calls(std::string_view unique, std::string_view well_known, unsigned seed,
                           std::uint32_t fds = 0);

/// The answers one service gives, in turn.
std::vector<Message> replies(std::string_view unique, unsigned seed);

/// Calls whose bodies have that many bytes on average, a sixteenth more or less at times; at most
/// what an array may have.
std::vector<Message> sized_calls(std::string_view unique, std::size_t body_bytes);

/// Signals on kInterface below kPathRoot, all of which the rules of signal_rule() match.
std::vector<Message> signals(unsigned seed);
inline constexpr std::string_view kInterface = "org.headway.bench.Sensor";
inline constexpr std::string_view kPathRoot = "/org/headway/bench";
std::string signal_rule(unsigned i, std::string_view sender);

/// PropertiesChanged signals and rules of the kinds that clients really add, none of which match
/// them: half by arg0 on the very same interface and member, the rest by path, namespaces, sender.
std::vector<Message> property_signals();
std::string property_rule(std::string_view sender);
std::string other_rule(unsigned i);

/// Names that come and go, and rules that tell of it: of one of them, or of all.
std::string watched_name(unsigned i);
std::string watch_rule(unsigned i);
std::string watch_namespace_rule();

Message driver_call(std::string_view member);
Message driver_call(std::string_view member, std::string_view argument);
Message request_name(std::string_view name, std::uint32_t flags);

}  // namespace bench
