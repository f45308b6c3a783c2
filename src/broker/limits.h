// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace headway::broker {

/// What a bus allows (LIM-001 .. LIM-018), under the names that configuration files use, so that a
/// refusal can say which one to raise. The values here hold where a configuration says nothing;
/// they are those of a system bus. 0 is legal everywhere and means "none at all".
struct Limits {
  // Bytes and descriptors that one connection may have in the bus, received and not yet sent.
  std::uint64_t max_incoming_bytes = 133169152;
  std::uint64_t max_incoming_unix_fds = 64;
  std::uint64_t max_outgoing_bytes = 133169152;
  std::uint64_t max_outgoing_unix_fds = 64;

  std::uint64_t max_message_size = 33554432;  // never above message_size_ceiling
  std::uint64_t max_message_unix_fds = 16;

  std::chrono::milliseconds service_start_timeout{25000};
  std::chrono::milliseconds auth_timeout{30000};  // from accept to the reply to Hello
  std::chrono::milliseconds pending_fd_timeout{150000};
  std::optional<std::chrono::milliseconds> reply_timeout;  // none: a call may wait for ever

  std::uint32_t max_completed_connections = 2048;
  std::uint32_t max_incomplete_connections = 64;
  std::uint32_t max_connections_per_user = 256;
  std::uint32_t max_pending_service_starts = 512;
  std::uint32_t max_names_per_connection = 512;  // the unique name counts
  std::uint32_t max_match_rules_per_connection = 512;
  std::uint32_t max_replies_per_connection = 128;

  // Names that a configuration may use; nothing here asks for them (LIM-018).
  std::uint32_t max_containers = 512;
  std::uint32_t max_containers_per_user = 16;
  std::uint32_t max_container_metadata_bytes = 4096;
  std::uint32_t max_connections_per_container = 8;

  /// The protocol's own bound on a message: a larger max_message_size means this (LIM-005).
  static constexpr std::uint64_t message_size_ceiling = 134217728;

  bool operator==(const Limits&) const = default;
};

}  // namespace headway::broker
