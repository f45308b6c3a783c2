// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "broker/broker.h"
#include "broker/limits.h"
#include "broker/policy_rules.h"
#include "config/bus_config.h"

namespace headway::config {

/// The part of a configuration that the broker process gets from the supervisor, at start and at
/// each reload. What it says about limits, policy and contexts is all that a reload changes there.
struct BrokerConfig {
  broker::PolicyRules policy;
  std::vector<LateUser> late_users;
  broker::Limits limits;
  bool allow_anonymous = false;
  std::string type;
  std::vector<NameContext> selinux_contexts;
  bool starts_services = false;           // there are service directories
  bool guards_environment = false;        // there is a service helper
  std::vector<broker::Service> services;  // found in service files, not in the configuration
  bool operator==(const BrokerConfig&) const = default;
};

/// The broker's part; services stays empty.
[[nodiscard]] BrokerConfig broker_config(const BusConfig& config);

enum class DecodeError : std::uint8_t {
  truncated,  // the bytes end too early
  malformed,  // a value that encode() does not write
  trailing,   // something follows
};

/// A compact binary form. Both ends are one program, so it has no versions.
[[nodiscard]] std::vector<std::uint8_t> encode(const BrokerConfig& config);

/// Total: any bytes give a value or an error, and what comes out is what was encoded. Memory stays
/// within a constant factor of the bytes.
[[nodiscard]] std::expected<BrokerConfig, DecodeError> decode(Bytes bytes);

}  // namespace headway::config
