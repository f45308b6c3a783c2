// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/bytes.h"
#include "wire/message.h"

/// The parts of parse_message(), for who can spare one of them. Internal to wire. Each gives what
/// is wrong, or nothing.
namespace headway::wire {

/// Size and what the first 16 bytes say. `bytes` may be anything.
[[nodiscard]] std::optional<Fault> read_prologue(Bytes bytes, Message& message);
/// The header fields, and the padding behind them, after read_prologue().
[[nodiscard]] std::optional<Fault> read_fields(Message& message);
/// The body, by the signature in the header.
[[nodiscard]] std::optional<Fault> check_body(const Message& message);

}  // namespace headway::wire
