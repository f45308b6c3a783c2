// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "headway/fd.h"
#include "headway/message.h"

namespace headway::tool {

/// Finds the descriptor that "@PATH" or "fd:NUMBER" means. The error is a text for stderr.
using OpenFd = std::function<std::expected<unique_fd, std::string>(std::string_view)>;

/// Appends the value of this type that the text, one argument of a command line, says. The error is
/// a text for stderr. What is appended before an error makes no whole message.
///
/// Texts, paths and signatures are taken as they stand. Numbers are decimal or 0x.., and must fit.
/// Booleans are true or false, yes or no, on or off, 1 or 0. Containers are JSON, in which quotes
/// may be left out where a word has none of ,[]{}() in it:
///
///     as      [a, b]  or  a,b                       a{su}   {one: 1, two: 2}  or  one=1,two=2
///     (si)    [a, 5]  or  (a, 5)  or  a,5           ay      [1, 2], "text" or hex:00ff
///
/// A variant is `TYPE:VALUE` (`u:5`, `as:[a, b]`) or {"type": TYPE, "data": VALUE}, as --json
/// prints it. Else its type is guessed: true and false are booleans, numbers i (x or t if they are
/// too large for it) or d if they have a dot or an exponent, what stands in {} is a{sv}, in () a
/// struct, in [] an array of what its elements are, or av if they differ or there are none; all
/// else is a string.
///
/// Total: any text gives a value or an error. Cost: linear, times the depth of variants.
[[nodiscard]] std::expected<void, std::string> append_value(message_builder& to,
                                                            std::string_view type,
                                                            std::string_view text,
                                                            const OpenFd& open_fd);

/// Opens a file to be read, or takes over a descriptor of this process.
[[nodiscard]] std::expected<unique_fd, std::string> open_named_fd(std::string_view text);

}  // namespace headway::tool
