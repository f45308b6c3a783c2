// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"

namespace headway::lsm {

/// News of SELinux from the kernel (LSM-009, LSM-010). For whoever must act when nobody sends a
/// message; decisions themselves heed the status page, which cannot be late.
class SelinuxNotices {
 public:
  struct Notice {
    enum class Kind : std::uint8_t { policy_load, enforcing } kind = Kind::policy_load;
    std::uint32_t value = 0;  // number of the policy; or whether it is enforced
    bool operator==(const Notice&) const = default;
  };

  /// The error is a text.
  [[nodiscard]] static std::expected<SelinuxNotices, std::string> open();
  /// Readable when there is something to drain.
  [[nodiscard]] int fd() const { return socket_.get(); }
  /// What has been told since the last time. If the kernel had to drop some, a policy load: the
  /// one that must not be missed.
  [[nodiscard]] std::vector<Notice> drain();

 private:
  explicit SelinuxNotices(Fd socket) : socket_(std::move(socket)) {}
  Fd socket_;
};

/// The notices in one datagram of the kernel. Total: what is none is skipped.
[[nodiscard]] std::vector<SelinuxNotices::Notice> parse_notices(Bytes datagram);

/// What the audit system is told of it.
[[nodiscard]] std::string audit_text(const SelinuxNotices::Notice& notice);

}  // namespace headway::lsm
