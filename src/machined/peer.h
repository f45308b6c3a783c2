// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headway/connection.h"
#include "headway/fd.h"
#include "headway/task.h"

namespace headway::machined {

/// Somebody on the bus, as the bus says. There is no default for what the bus does not say: who is
/// gone is nobody, and never root.
struct Peer {
  std::string name;  // ":1.42"
  std::uint32_t uid;
  std::optional<std::uint32_t> pid;
  unique_fd pidfd;  // none from a bus that does not give it

  [[nodiscard]] bool is_root() const { return uid == 0; }
};

/// Throws access_denied if the bus cannot say who that is, because it has left for one.
[[nodiscard]] task<Peer> identify(connection bus, std::string name);

/// What a peer's process is, for rules to go by. Empty for what cannot be known for sure.
struct PeerProcess {
  std::string unit;
  std::string executable;
};
[[nodiscard]] PeerProcess process_of(const Peer& peer);

}  // namespace headway::machined
