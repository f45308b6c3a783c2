// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "headway/connection.h"
#include "headway/task.h"
#include "headway/value.h"

namespace headway::authority {

/// Somebody's presence at the machine, as far as decisions depend on it.
struct Session {
  std::string id;
  std::uint32_t uid = 0;
  std::string seat;        // empty: none
  bool is_active = false;  // as its user is active, not it alone
  bool operator==(const Session&) const = default;
};

/// Who knows about sessions. Nobody answers more than he knows: what cannot be found out is none.
class Sessions {
 public:
  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;
  virtual ~Sessions() = default;

  [[nodiscard]] virtual task<std::optional<Session>> of_process(std::uint32_t pid) = 0;
  /// In which that user sits at the machine, if there is one.
  [[nodiscard]] virtual task<std::optional<Session>> of_user(std::uint32_t uid) = 0;
  [[nodiscard]] virtual task<std::optional<Session>> named(std::string id) = 0;
};

/// systemd-logind, asked over the bus: never started for this, and not waited for for long. Where
/// there is none there are no sessions; then everybody is neither local nor active, and agents
/// serve single processes.
class LogindSessions final : public Sessions {
 public:
  explicit LogindSessions(connection bus) : bus_(std::move(bus)) {}

  [[nodiscard]] task<std::optional<Session>> of_process(std::uint32_t pid) override;
  [[nodiscard]] task<std::optional<Session>> of_user(std::uint32_t uid) override;
  [[nodiscard]] task<std::optional<Session>> named(std::string id) override;

 private:
  [[nodiscard]] task<std::optional<Session>> at(object_path path);

  connection bus_;
};

}  // namespace headway::authority
