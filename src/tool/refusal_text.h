// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/message.h"
#include "tool/output.h"
#include "tool/wall_time.h"

namespace headway::tool {

/// What org.headway.Bus1 says of a refusal, or of what policy would say (docs/refusals.md). What it
/// does not say is empty.
struct Refusal {
  std::optional<bool> allowed;  // of a verdict
  std::uint64_t number = 0;
  std::uint64_t monotonic_usec = 0;
  std::string text;
  std::string layer;
  std::string rule;
  std::string file;
  std::uint64_t line = 0;
  std::vector<std::string> overridden;
  std::string limit;
  std::string holder;
  std::string sender;
  std::string receiver;
  std::string json;  // all of it
};

/// The next a{sv}.
[[nodiscard]] Refusal read_refusal(message_reader& from);

/// In words, over several lines: when and what, and indented the rule that decided and those that
/// it overrode, or the limit and who holds what it guards.
[[nodiscard]] std::string text_of(const Refusal& refusal, std::optional<WallTime> when,
                                  const Output& output);

}  // namespace headway::tool
