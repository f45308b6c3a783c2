// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "broker/broker.h"
#include "broker/effects.h"
#include "broker/ids.h"
#include "daemon/status.h"
#include "wire/auth_server.h"

/// What supervisor and broker say to each other. Plain data; encode() and decode() are a total
/// codec: any bytes give a message or nothing, for the supervisor does not trust the broker.
namespace headway::daemon {

/// Longest frame that each side takes: the supervisor does not trust the broker.
inline constexpr std::size_t supervisor_frame_bytes_max = 4 << 20;
inline constexpr std::size_t broker_frame_bytes_max = 256 << 20;

namespace to_broker {

/// First, and once: what bus this is. The listening sockets are attached, in this order.
struct Start {
  struct Listener {
    bool is_local = true;  // a unix socket: credentials, descriptors
    std::string guid;
    std::string nonce;  // empty: none
    bool operator==(const Listener&) const = default;
  };
  broker::BusFacts facts;
  std::string config;  // config::encode(BrokerConfig)
  wire::AuthMechanisms mechanisms;
  std::string own_user;  // name of facts.credentials.uid; empty: none
  std::vector<Listener> listeners;
  bool wants_load = false;  // somebody would like to hear from_broker::Status
};
/// A configuration to replace the one there is.
struct Config {
  std::string config;
};
/// There is no new configuration, and why.
struct ConfigRefused {
  std::string error;
};
/// The answer to CookieRequest.
struct Cookie {
  broker::PeerId peer;
  std::optional<wire::AuthCookie> cookie;
};
/// The answer to UserRequest.
struct User {
  std::uint32_t uid = 0;
  std::string name;  // empty: nobody's
};
/// The answer to LookUpService.
struct ServiceFound {
  std::string name;
  std::optional<broker::Service> service;  // none: there is no such service
};
struct ServiceFailed {
  std::string name;
  std::string error;  // without org.freedesktop.DBus.Error.
  std::string text;
};
struct Stop {};

}  // namespace to_broker

namespace from_broker {

/// The configuration is understood, the process is locked up, connections are being served.
struct Ready {};
struct ReloadRequest {};
/// The answer to Config, when old connections have the new policy.
struct ConfigInEffect {};
struct Status {
  Load load;
};
/// Somebody wants to log in by DBUS_COOKIE_SHA1.
struct CookieRequest {
  broker::PeerId peer;
};
/// A user of whom the configuration may speak by a name that was not known when it was loaded.
struct UserRequest {
  std::uint32_t uid = 0;
};
/// UpdateActivationEnvironment.
struct Environment {
  std::vector<std::pair<std::string, std::string>> variables;
};
/// See broker::Effects.
struct LookUpService {
  std::string name;
};
struct StartService {
  std::string name;
};
struct ServiceIsThere {
  std::string name;
};
struct StopStarting {
  std::string name;
};
struct Log {
  broker::LogEntry entry;
};
/// What a security module has decided, for the audit system.
struct Audit {
  std::string text;
};

}  // namespace from_broker

using ToBroker = std::variant<to_broker::Start, to_broker::Config, to_broker::ConfigRefused,
                              to_broker::Cookie, to_broker::User, to_broker::ServiceFound,
                              to_broker::ServiceFailed, to_broker::Stop>;
using FromBroker =
    std::variant<from_broker::Ready, from_broker::ReloadRequest, from_broker::ConfigInEffect,
                 from_broker::Status, from_broker::CookieRequest, from_broker::UserRequest,
                 from_broker::Environment, from_broker::LookUpService, from_broker::StartService,
                 from_broker::ServiceIsThere, from_broker::StopStarting, from_broker::Log,
                 from_broker::Audit>;

[[nodiscard]] std::string encode(const ToBroker& message);
[[nodiscard]] std::string encode(const FromBroker& message);
[[nodiscard]] std::optional<ToBroker> decode_to_broker(std::string_view frame);
[[nodiscard]] std::optional<FromBroker> decode_from_broker(std::string_view frame);

}  // namespace headway::daemon
