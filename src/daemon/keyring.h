// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "wire/auth_server.h"

namespace headway::daemon {

/// The keyring of the bus's own user, for DBUS_COOKIE_SHA1: files that only that user can read, so
/// that who knows what they say is that user (AUTH-033, AUTH-037 .. AUTH-041). Never looks into
/// anybody else's.
class Keyring {
 public:
  /// `home`: the user's directory.
  Keyring(std::string home, std::uint32_t uid);

  /// A cookie that clients can find too, with a new challenge; makes one if all there are too old.
  /// None if the keyring cannot be trusted or written; `problem` says why. May wait for another
  /// program's lock, a few seconds at most.
  [[nodiscard]] std::optional<wire::AuthCookie> cookie(std::string& problem);

 private:
  [[nodiscard]] bool check_directory(std::string& problem) const;

  std::string directory_;
  std::uint32_t uid_;
};

}  // namespace headway::daemon
