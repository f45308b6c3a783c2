// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "client/open.h"
#include "headway/connection.h"

/// Who may log in to a socket of ours.
namespace headway::client {

/// 32 hex digits, as a server is known by.
[[nodiscard]] std::string new_guid();

/// Nothing of a socket that is closed, or not a unix one.
[[nodiscard]] peer_credentials credentials_of(int socket);

/// On which terms the other end of the socket may log in; access_denied if on none, which it was
/// told then.
[[nodiscard]] result<ServerTerms> admit(int socket, const admission& rules, std::string guid);

}  // namespace headway::client
