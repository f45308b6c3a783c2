// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "wire/auth_client.h"

namespace headway::client {

/// Looks into this user's own keyring for the cookie that a server asks for; none if it is not
/// there or others could have read or written it (AUTH-035 .. AUTH-037).
[[nodiscard]] std::optional<wire::AuthClient::CookieAnswer> find_cookie(
    const wire::AuthClient::CookieRequest& request);

}  // namespace headway::client
