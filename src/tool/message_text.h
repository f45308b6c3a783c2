// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "headway/message.h"
#include "tool/wall_time.h"

/// Messages as dbus-monitor and dbus-send show them (TOOL-015, TOOL-018 .. TOOL-023). Pure, but for
/// what descriptors say of themselves.
namespace headway::tool {

/// Of what kind it is, who sent it to whom, what it is about: one line.
void append_header(std::string& out, const message& what, WallTime when);

enum class Quotes : bool { no, yes };
/// Every value on a line of its own, indented by how deep it lies. Without quotes strings, paths
/// and signatures stand as they are, without even a newline after them.
void append_body(std::string& out, const message& what, Quotes quotes = Quotes::yes);

/// How the end of the connection is shown: as a signal that no bus sent. A message of that kind is
/// never on the wire, so it has no bytes.
void append_end(std::string& out, WallTime when);
void append_profile_end(std::string& out, WallTime when);

/// What stands above the rows of a profile, and the row of one message, columns parted by tabs.
[[nodiscard]] std::string_view profile_head();
void append_profile(std::string& out, const message& what, WallTime when);

}  // namespace headway::tool
