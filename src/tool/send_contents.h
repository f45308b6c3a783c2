// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>

#include "headway/message.h"
#include "tool/program.h"

namespace headway::tool {

/// Appends what dbus-send's arguments say behind the message's name: `int32:5`, `array:string:a,b`,
/// `dict:string:uint32:one,1`, `variant:boolean:true` (TOOL-012, TOOL-013). The error is a text
/// for stderr.
///
/// Numbers are as generous as they always were: 0x and 0 begin hexadecimal and octal ones, what is
/// too large is cut to its type, what follows a number is passed over, and no number is 0.
[[nodiscard]] std::expected<void, std::string> append_contents(message_builder& to,
                                                               Arguments contents);

}  // namespace headway::tool
