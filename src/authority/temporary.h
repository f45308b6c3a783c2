// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/resolver.h"
#include "base/time.h"

namespace headway::authority {

/// Somebody has shown who they are, and need not show it again for a while.
struct TemporaryAuthorization {
  std::string id;  // "tmpauthz5"
  std::string action;
  std::optional<Process> process;     // whose it is; none: of the whole session
  std::uint32_t uid = 0;              // of that process
  std::string session;                // with whose end it ends; empty: none
  std::uint64_t obtained_unix_s = 0;  // for people
  std::uint64_t expires_unix_s = 0;
  Time expires;
};

/// All that are there. Each ends when its time is over, when its process has ended or is somebody
/// else's, with its session, or when it is revoked. It is for one process (or session) and one
/// action, never for another process of the same user.
class TemporaryAuthorizations {
 public:
  static constexpr auto lifetime = std::chrono::minutes(5);
  /// An older one of the same user ends if there would be more.
  static constexpr std::size_t per_user_max = 64;

  /// Its id; none for whom nobody could find again.
  std::optional<std::string> add(const Who& who, std::string action, Time now,
                                 std::uint64_t now_unix_s);
  /// Its id.
  [[nodiscard]] std::optional<std::string> find(const Who& who, std::string_view action, Time now);

  [[nodiscard]] std::vector<TemporaryAuthorization> of_session(std::string_view session, Time now);
  [[nodiscard]] std::optional<TemporaryAuthorization> named(std::string_view id, Time now);
  /// True if there was one.
  bool revoke(std::string_view id);
  bool revoke_session(std::string_view session);

 private:
  void forget_ended(Time now);

  std::vector<TemporaryAuthorization> all_;  // the oldest first
  std::uint64_t made_ = 0;
};

}  // namespace headway::authority
