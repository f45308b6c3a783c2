// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "headway/message.h"
#include "tool/json.h"
#include "tool/output.h"

/// Values as the verbs print them. What --json prints, and most of what people are shown, is also
/// what append_value() takes.
namespace headway::tool {

/// The value that comes next: numbers, booleans and strings as such; arrays and structs as arrays;
/// dictionaries as objects, whose keys are texts; a variant as {"type": TYPE, "data": VALUE}; a
/// descriptor as a text that says what it is of.
void append_json(JsonText& out, message_reader& from);
/// The same as a text, to compare values by.
[[nodiscard]] std::string json_of_value(message_reader from);
/// {"type": "su", "data": ["a", 5]}: all values of the message, in an array.
void append_json_body(JsonText& out, const message& what);

/// The value that comes next, for people: a text as it stands; a container over several lines, each
/// with a newline; everything else on one. Variants are shown as what is in them.
[[nodiscard]] std::string text_of_value(message_reader& from, const Output& output);
/// The same on one line, with quotes around texts.
[[nodiscard]] std::string line_of_value(message_reader& from, const Output& output);

}  // namespace headway::tool
