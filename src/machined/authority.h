// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "headway/connection.h"
#include "headway/task.h"
#include "machined/peer.h"
#include "machined/share.h"

namespace headway::machined {

/// What an authority is asked.
struct Question {
  std::string action;
  std::map<std::string, std::string> details;
  bool is_interactive = false;  // the user may be asked for a password
};

/// Asks the machine's authority (org.freedesktop.PolicyKit1) whether a peer may do something, as
/// systemd's services do. The subject is the peer's unique name, which the bus gave and which
/// nobody gets again, so the answer is about who called and nobody else. Root is not asked about.
/// Nothing but a clear yes is a yes.
class Authority {
 public:
  /// Questions under way.
  static constexpr std::size_t pending_per_user_max = 16;

  explicit Authority(connection bus) : bus_(std::move(bus)) {}

  /// Throws access_denied, or InteractiveAuthorizationRequired if asking the user would help; and
  /// canceled once `gone` is: then the authority is told that nobody waits any more.
  [[nodiscard]] task<void> require(const Peer& who, Question what, std::stop_token gone) const;

 private:
  connection bus_;
  Counts pending_ = std::make_shared<std::map<std::uint32_t, std::size_t>>();
  mutable std::uint64_t last_id_ = 0;
};

}  // namespace headway::machined
