// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "broker/effects.h"
#include "broker/ids.h"
#include "broker/quota.h"
#include "broker/unit_watch.h"

namespace headway::broker {

/// What waits for services to come up (ACT-010 .. ACT-018): for each name that is being started,
/// who asked for it and the messages held until somebody owns it, in the order of arrival.
class ActivationTable {
 public:
  enum class Stage : std::uint8_t {
    looking_up,  // nobody has said yet whether there is a service of that name
    starting,
  };
  /// A message on its way to the name; whole, as it was received.
  struct Held {
    PeerId sender;          // none: the bus itself
    AccountId account = 0;  // a peer's, charged with its bytes and descriptors
    std::vector<std::uint8_t> bytes;
    std::uint32_t fds = 0;
    std::shared_ptr<const Payload> payload;

    [[nodiscard]] bool is_of_bus() const { return !sender; }
  };
  /// A StartServiceByName that wants its answer.
  struct Starter {
    PeerId caller;
    std::uint32_t serial = 0;
    bool wants_reply = true;
  };
  struct Pending {
    Stage stage = Stage::looking_up;
    Time deadline;
    std::optional<UnitWatch> unit;  // if it is started through systemd
    std::uint32_t question = 0;     // the serial of what `unit` asks
    std::vector<Starter> starters;
    std::vector<Held> held;
  };

  /// Null if that name is not being started.
  [[nodiscard]] Pending* find(std::string_view name);
  Pending& create(std::string_view name, Stage stage, Time deadline);
  /// Ends it, whatever became of it; nothing if it is not being started.
  std::optional<Pending> take(std::string_view name);

  /// Drops what this peer asked for and has waiting, reporting each held message to `part`.
  template <class Part>
  void forget(PeerId peer, Part part) {
    for (auto& [name, pending] : pending_) {
      std::erase_if(pending.starters, [&](const Starter& s) { return s.caller == peer; });
      std::erase_if(pending.held, [&](const Held& held) {
        if (held.sender != peer) return false;
        part(held);
        return true;
      });
    }
  }

  /// The names whose deadline has come, earliest first.
  [[nodiscard]] std::vector<std::string> due(Time now) const;
  [[nodiscard]] std::optional<Time> next_deadline() const;
  /// Those that are started through systemd, with their names; `part` must not end any.
  template <class Part>
  void each_unit(Part part) {
    for (auto& [name, pending] : pending_) {
      if (pending.unit) part(name, pending);
    }
  }
  /// The names that are being started as this unit.
  [[nodiscard]] std::vector<std::string> of_unit(std::string_view unit) const;
  [[nodiscard]] std::size_t size() const { return pending_.size(); }

 private:
  std::map<std::string, Pending, std::less<>> pending_;
  std::set<std::pair<Time, std::string>> deadlines_;
};

}  // namespace headway::broker
