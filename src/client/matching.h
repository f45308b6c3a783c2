// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "wire/match_rule.h"
#include "wire/message.h"

namespace headway::client {

/// Whether the rule describes the message, `sender` aside: whose that is only the bus knows.
[[nodiscard]] bool describes(const wire::MatchRule& rule, const wire::Message& message);

}  // namespace headway::client
