// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "headway/message.h"
#include "wire/message.h"

namespace headway::testing {

/// The values of a message for people, separated by commas: `7, "on", [1, 2], {"a": <3>}`. What
/// does not fit into `bytes_max` is left out.
[[nodiscard]] std::string values_text(const message& what, std::size_t bytes_max);

/// A message of its own from what was parsed, without descriptors. `sender` empty: as it was.
[[nodiscard]] message without_fds(const wire::Message& view, std::string_view sender = {});

}  // namespace headway::testing
