// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "wire/body.h"
#include "wire/build.h"

/// A broker among peers that are strings of what they received, for tests.
namespace headway::broker::testing {

/// Keeps what the broker does, in words.
class Recorder final : public Effects {
 public:
  void deliver(PeerId to, const Frame& frame) override {
    std::vector<std::uint8_t> bytes(frame.head.begin(), frame.head.end());
    bytes.insert(bytes.end(), frame.body.begin(), frame.body.end());
    const auto message = wire::parse_message(bytes);
    std::string text = message ? describe(*message) : "no message";
    received[to].push_back(std::move(text));
    latest[to] = std::move(bytes);
  }
  void disconnect(PeerId peer, Disconnect) override {
    done.push_back(fmt::format("disconnect {}", peer.slot));
  }
  void pause_reading(PeerId, bool) override {}
  void pause_accepting(bool) override {}
  bool open_process(PeerId) override { return false; }
  void reload_config() override { done.emplace_back("reload"); }
  void look_up_service(std::string_view name) override {
    done.push_back(fmt::format("look up {}", name));
  }
  void start_service(std::string_view name) override {
    done.push_back(fmt::format("start {}", name));
  }
  void service_is_there(std::string_view name) override {
    done.push_back(fmt::format("there {}", name));
  }
  void stop_starting(std::string_view name) override {
    done.push_back(fmt::format("stop {}", name));
  }
  void update_environment(std::span<const std::pair<std::string_view, std::string_view>>) override {
    done.emplace_back("environment");
  }
  void log(const LogEntry& entry) override { logged.push_back(entry.text); }

  /// What a peer received since the last time.
  std::vector<std::string> take(PeerId peer) { return std::exchange(received[peer], {}); }

  std::map<PeerId, std::vector<std::string>> received;
  std::map<PeerId, std::vector<std::uint8_t>> latest;  // message of each, whole
  std::vector<std::string> done;
  std::vector<std::string> logged;

 private:
  /// "error ServiceUnknown 3" (reply serial), "return 3", "signal NameAcquired", "call Do".
  static std::string describe(const wire::Message& message) {
    const std::string_view error = message.error_name;
    switch (message.type) {
      case wire::MessageType::method_call:
        return fmt::format("call {}", message.member);
      case wire::MessageType::method_return:
        return fmt::format("return {}", message.reply_serial);
      case wire::MessageType::error:
        return fmt::format("error {} {}", error.substr(error.rfind("Error.") + 6),
                           message.reply_serial);
      case wire::MessageType::signal:
        return fmt::format("signal {}", message.member);
    }
    return "unknown";
  }
};

/// Sends what a peer says; arguments are strings, and a number after them where there is one.
class Speaker {
 public:
  Speaker(Broker& broker, std::uint32_t uid, std::string label = {}) : broker_(broker) {
    Credentials credentials;
    credentials.uid = uid;
    credentials.label = std::move(label);
    id = broker.connected(credentials);
    broker.authenticated(id, {.uid = uid, .fds_agreed = true});
    ask("Hello");
  }

  /// A call to the bus; returns its serial.
  std::uint32_t ask(std::string_view member, std::initializer_list<std::string_view> texts = {},
                    std::optional<std::uint32_t> number = {}) {
    wire::HeaderFields fields{.type = wire::MessageType::method_call};
    fields.destination = "org.freedesktop.DBus";
    fields.path = "/org/freedesktop/DBus";
    fields.interface = "org.freedesktop.DBus";
    fields.member = member;
    return send(fields, texts, number);
  }
  /// A call "Do" to a name.
  std::uint32_t call(std::string_view destination) {
    wire::HeaderFields fields{.type = wire::MessageType::method_call};
    fields.destination = destination;
    fields.path = "/";
    fields.member = "Do";
    return send(fields, {}, {});
  }
  std::uint32_t send(wire::HeaderFields fields, std::initializer_list<std::string_view> texts,
                     std::optional<std::uint32_t> number) {
    fields.serial = ++serial_;
    std::string signature(texts.size(), 's');
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    for (const std::string_view text : texts) writer.string(text);
    if (number) {
      signature += 'u';
      writer.uint32(*number);
    }
    fields.signature = signature;
    std::vector<std::uint8_t> bytes;
    wire::build_message(fields, body, bytes);
    broker_.received(id, *wire::parse_message(bytes), nullptr);
    return serial_;
  }

  PeerId id;

 private:
  Broker& broker_;
  std::uint32_t serial_ = 0;
};

}  // namespace headway::broker::testing
