// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace headway::daemon {

/// What a service manager's users may want to see of a bus at a glance.
struct Load {
  enum class Accepting : std::uint8_t { everybody, logins_full, no_descriptors };

  std::uint32_t connections = 0;
  Accepting accepting = Accepting::everybody;
  bool operator==(const Load&) const = default;
};
inline constexpr auto last_accepting = Load::Accepting::no_descriptors;

/// Decides when a load is worth telling: when it has changed, and no more often than every
/// `interval`. While nothing changes there is nothing to wake up for. Pure.
class LoadReport {
 public:
  static constexpr Duration interval = std::chrono::seconds(5);

  /// True: tell this load now.
  [[nodiscard]] bool update(const Load& load, Time now);
  /// When update() is to be called although nothing happens.
  [[nodiscard]] std::optional<Time> next_deadline() const { return deadline_; }

 private:
  Load told_;
  std::optional<Time> told_at_;
  std::optional<Time> deadline_;
};

/// One sentence. `refused`: what is wrong with a configuration that was not taken; empty: nothing.
[[nodiscard]] std::string status_text(const Load& load, const std::string& refused);

}  // namespace headway::daemon
