// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "headway/connection.h"
#include "headway/object.h"
#include "headway/task.h"
#include "machined/authority.h"
#include "machined/helpers.h"
#include "machined/share.h"
#include "machined/shell_request.h"

namespace headway::machined {

/// Where something is opened.
struct Place {
  std::string machine;
  bool is_host = false;
  Target target;
};

/// Opens shells, logins and terminals: finds out whose, asks the authority about exactly that, and
/// has a helper do it, which lives as long as what it opened. Sessions outlive this service.
class Shells {
 public:
  static constexpr std::size_t open_per_user_max = 256;

  Shells(connection bus, const Helpers& helpers, const Authority& authority)
      : bus_(std::move(bus)), helpers_(helpers), authority_(authority) {}

  // Each throws headway::error, and does nothing for a caller that has left the bus.
  [[nodiscard]] task<Terminal> open_shell(caller from, Place where, ShellRequest request);
  [[nodiscard]] task<Terminal> open_login(caller from, Place where);
  [[nodiscard]] task<Terminal> open_terminal(caller from, Place where);

 private:
  struct Kept {
    connection helper;
    Share share;
    slot on_end;
  };

  [[nodiscard]] Share share_of(const Peer& peer) const;
  void keep(const connection& helper, Share share);

  connection bus_;
  const Helpers& helpers_;
  const Authority& authority_;
  Counts counts_ = std::make_shared<Counts::element_type>();
  std::map<std::uint64_t, Kept> open_;
  std::uint64_t last_id_ = 0;
};

}  // namespace headway::machined
