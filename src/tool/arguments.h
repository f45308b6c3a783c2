// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "headway/message.h"
#include "tool/invocation.h"
#include "tool/resolve.h"

namespace headway::tool {

/// Appends words of the command line as what goes into the method or signal. There must be one for
/// each.
[[nodiscard]] Outcome<void> append_arguments(message_builder& to, const Member& member,
                                             std::span<const std::string_view> values);
/// The same for values of which only the types are known.
[[nodiscard]] Outcome<void> append_arguments(message_builder& to, std::string_view signature,
                                             std::span<const std::string_view> values);
/// One of them, called `name` in errors.
[[nodiscard]] Outcome<void> append_argument(message_builder& to, std::string_view type,
                                            std::string_view name, std::string_view value);
/// A value that is only compared with others: as json_of_value() has it.
[[nodiscard]] Outcome<std::string> json_of_argument(std::string_view type, std::string_view name,
                                                    std::string_view value);
/// Values whose types are guessed, or said in front of them: "u:5".
[[nodiscard]] Outcome<void> append_guessed(message_builder& to,
                                           std::span<const std::string_view> values);

/// --signature, if it was given, which must be one.
[[nodiscard]] Outcome<std::optional<std::string_view>> signature_option(const Invocation& how);

}  // namespace headway::tool
