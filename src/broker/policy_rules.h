// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headway::broker {

/// Where a rule was written; `file` indexes PolicyRules::files.
struct RuleSource {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  bool operator==(const RuleSource&) const = default;
};

/// One <allow> or <deny> as written, user and group names already resolved (spec section 6.2).
/// Empty strings mean "not constrained": config has turned "*" into that where POL-021 says so.
struct PolicyRule {
  enum class Kind : std::uint8_t { send, receive, own, connect };
  enum class Own : std::uint8_t { any, exact, prefix };

  Kind kind = Kind::send;
  bool allow = false;
  RuleSource source;

  // send and receive
  std::uint8_t type = 0;  // a wire::MessageType, or 0 for any
  std::string interface;
  std::string member;
  std::string error;
  std::string path;
  std::string peer;                     // send_destination or receive_sender
  std::string peer_prefix;              // send_destination_prefix
  std::optional<bool> broadcast;        // send_broadcast
  std::optional<bool> requested_reply;  // unset: true for allow, false for deny (POL-027)
  std::optional<bool> eavesdrop;
  std::uint32_t fds_min = 0;
  std::uint32_t fds_max = 33554432;
  bool log = false;

  // own
  Own own = Own::any;
  std::string name;

  // connect: neither means anybody
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;

  bool operator==(const PolicyRule&) const = default;
};

/// One <policy> element. Sections stand in the order of the configuration.
struct PolicySection {
  enum class Context : std::uint8_t {
    defaults,
    group,
    user,
    at_console,
    not_at_console,
    mandatory
  };

  Context context = Context::defaults;
  std::uint32_t id = 0;  // the gid or uid for group and user
  std::vector<PolicyRule> rules;
  bool operator==(const PolicySection&) const = default;
};

/// All policy of one configuration.
struct PolicyRules {
  std::vector<std::string> files;
  std::vector<PolicySection> sections;
  bool operator==(const PolicyRules&) const = default;
};

}  // namespace headway::broker
